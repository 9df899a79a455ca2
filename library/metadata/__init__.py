"""Speech with catalogues outside, and deciding what they mean; plain."""
