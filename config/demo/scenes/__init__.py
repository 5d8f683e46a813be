"""The drawn scenes of the demo: one function a picture. No faces, badges, seals or logos, real or alike."""
