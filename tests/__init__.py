"""The tests mirror the code: one file a module, fakes that are ordinary classes, messages that both languages read."""
