"""Who speaks: the department, its divisions, people and their rights, the channels they speak through."""
