"""A real Asterisk on this machine, phones that a script drives, and a recorder of what its AMI says."""
