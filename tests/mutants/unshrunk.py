"""A plugin of pytest: an example that fails is enough, it need not be the smallest."""

from hypothesis import Phase, settings

settings.register_profile("unshrunk", phases=[Phase.explicit, Phase.generate])
settings.load_profile("unshrunk")
