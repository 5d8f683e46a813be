"""What may be written to a log: never a password, a token or the inside of an address with one."""

import logging
import re

SECRETS = re.compile(
    r"(?i)(authorization:\s*\w+\s+|(?:access_token|client_secret|password|refresh_token|secret_key|token)"
    r"[\"']?\s*[=:]\s*[\"']?|://[^/\s:@]*:)([^\s&\"'@,}]+)"
)


class NoSecrets(logging.Filter):
    """Blanks what looks like a secret in the finished message."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; it is always kept."""
        message = record.getMessage()
        clean = SECRETS.sub(r"\1[hidden]", message)
        if clean != message:
            record.msg, record.args = clean, ()
        return True
