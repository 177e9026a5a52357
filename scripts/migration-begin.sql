-- The first of a migration's transaction: its number, to be asked for afterwards, into the file mm_report.
select txid_current() as mm_transaction \gset
\o :mm_report
\qecho :mm_transaction
\o
