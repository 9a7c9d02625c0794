"""What keeps it all going: the service, ingest, worker processes and the clock."""
