"""Who answers hooks: built-ins, packages, the site's own files; each with a status and a reason."""
