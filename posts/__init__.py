"""What is said: kinds, drafts, revisions, media, checks, review, schedule, delivery, corrections, public pages."""
