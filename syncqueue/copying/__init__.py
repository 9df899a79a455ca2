"""Copying one file to a drive, whole and verified, or not at all. Plain Python.

    open the source, remember what it is
    partial name beside the target
    one pass: read → blake3 of each 64 MiB block, SHA-256 of all → write past the cache
    after each block: flush, then journal it
    the source must still be what it was
    read back from the device, compare block by block, mend bad ones from the source
    rename → flush the renamed file → flush the folder

Not promised: that a drive whose own memory lies about a flush keeps the last bytes of
a power cut; a later verification finds that.
"""
