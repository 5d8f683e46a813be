"""What is typed on the writing desk, read and named: no rule of the services is repeated here."""
