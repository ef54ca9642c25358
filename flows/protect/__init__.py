"""Patients protected: keys, pseudonyms, and encryption of what is kept on disk."""
