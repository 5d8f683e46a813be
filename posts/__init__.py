"""What is said: posts, revisions, review, delivery and the public pages."""
