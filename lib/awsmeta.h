/*
 * Keys from where a machine or a container in AWS gets them: a service without
 * a password that only it can reach.  Never asked through a proxy.
 *
 *	container	AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, a path at 169.254.170.2, or
 *			AWS_CONTAINER_CREDENTIALS_FULL_URI; with
 *			AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, read each time, or
 *			AWS_CONTAINER_AUTHORIZATION_TOKEN.
 *			https, or http to the machine itself and the addresses that ECS
 *			and EKS have for this; three tries, two seconds each
 *	instance	the EC2 metadata service, version 2 alone; one second, one try.
 *			AWS_EC2_METADATA_DISABLED=true, AWS_EC2_METADATA_SERVICE_ENDPOINT,
 *			AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv6
 *
 * ST_OK with k->access_key NULL: there is no such service here.
 */
#ifndef MM_AWSMETA_H
#define MM_AWSMETA_H

#include "awskeys.h"
#include "status.h"

enum { AWSMETA_WHY = 900 };

/* The system's certificates, or those of ca_file. */
enum status awsmeta_container(const char *ca_file, struct awskeys *k);

/*
 * why: in a few words, what was found out if there are no keys.  endpoint and
 * mode are what the profile says of them, or NULL.
 */
enum status awsmeta_instance(const char *endpoint, const char *mode, struct awskeys *k, char why[AWSMETA_WHY]);

#endif
