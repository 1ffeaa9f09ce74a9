"""Properties are tried without a time limit each: the machine may be busy."""

from hypothesis import settings

settings.register_profile("calm", deadline=None)
settings.load_profile("calm")
