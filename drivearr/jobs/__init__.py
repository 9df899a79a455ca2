"""The record of one run of background work; knows no domain."""
