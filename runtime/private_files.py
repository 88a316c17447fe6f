"""The rights of files and folders that our own user alone may read: people's names, logins and passwords. PURE."""

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
