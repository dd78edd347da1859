"""AMI messages → what happened to calls. Quiet: no I/O, no clock, no log, no thread."""
