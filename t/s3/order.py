"""order.py PROGRAM DIR N - for every set of at most N configured sources, does PROGRAM take botocore's keys?

DIR is where keys.py runs. PROGRAM is asked as try-s3cred is. Prints each difference, then how many sets there were
and how many different keys came of them.
"""
import itertools
import os
import subprocess
import sys

import botocore.session

PROGRAM, DIR, MOST = sys.argv[1], sys.argv[2], int(sys.argv[3])
URL = "http://127.0.0.1:" + open(os.path.join(DIR, "port")).read()
PROFILE = "p"
SOURCES = ("env", "role", "web", "credentials", "process", "config", "container", "instance")
ORIGINAL = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}

create_client = botocore.session.Session.create_client


def create_sts(self, service, *args, **kwargs):
    """Older ones do not know AWS_ENDPOINT_URL_STS."""
    return create_client(self, service, *args, **dict(kwargs, endpoint_url=URL))


botocore.session.Session.create_client = create_sts


def static(name):
    return f"aws_access_key_id = AK{name}\naws_secret_access_key = canary-AK{name}\n"


def write(name, text):
    with open(os.path.join(DIR, name), "w") as f:
        f.write(text)


def configure(present):
    """Files, and what the environment has on top of the usual."""
    profile = "region = eu-test-1\n"
    if "role" in present:
        profile += "role_arn = arn:aws:iam::1:role/role\nsource_profile = base\n"
    if "process" in present:
        profile += f"credential_process = cat '{DIR}/process json'\n"
    if "config" in present:
        profile += static("CONFIG")
    write("config", f"[profile {PROFILE}]\n{profile}[profile base]\n{static('BASE')}")
    write("credentials", f"[{PROFILE}]\n{static('CREDENTIALS')}" if "credentials" in present else "")
    env = {"AWS_CONFIG_FILE": DIR + "/config", "AWS_SHARED_CREDENTIALS_FILE": DIR + "/credentials",
           "AWS_ENDPOINT_URL_STS": URL, "AWS_DEFAULT_REGION": "eu-test-1"}
    if "env" in present:
        env.update(AWS_ACCESS_KEY_ID="AKENV", AWS_SECRET_ACCESS_KEY="canary-AKENV")
    if "web" in present:
        env.update(AWS_WEB_IDENTITY_TOKEN_FILE=DIR + "/web-token", AWS_ROLE_ARN="arn:aws:iam::1:role/web",
                   AWS_ROLE_SESSION_NAME="order")
    if "container" in present:
        env.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=URL + "/container")
    if "instance" in present:
        env.update(AWS_EC2_METADATA_SERVICE_ENDPOINT=URL)
    else:
        env.update(AWS_EC2_METADATA_DISABLED="true")
    return env


def botocore_takes(named):
    found = botocore.session.Session(profile=named).get_credentials()
    return found.get_frozen_credentials().access_key if found else "none"


def ours_takes(named):
    run = subprocess.run([PROGRAM] + (["-p", named] if named else []), input="get\n", capture_output=True, text=True)
    return run.stdout.split()[0] if run.returncode == 0 else "none"


write("process json", '{"Version": 1, "AccessKeyId": "AKPROCESS", "SecretAccessKey": "canary-AKPROCESS"}')
sets = [s for n in range(MOST + 1) for s in itertools.combinations(SOURCES, n)]
differences, kinds = 0, set()
for present in sets:
    for named in (None, PROFILE):
        os.environ.clear()
        os.environ.update(ORIGINAL, **configure(present))
        if named is None:
            os.environ["AWS_PROFILE"] = PROFILE
        want, got = botocore_takes(named), ours_takes(named)
        kinds.add(want)
        if want != got:
            differences += 1
            print(f"{'+'.join(present)}, {'named' if named else 'AWS_PROFILE'}: botocore takes {want}, we take {got}")
print(f"{len(sets) * 2} sets, {len(kinds)} outcomes")
sys.exit(1 if differences else 0)
