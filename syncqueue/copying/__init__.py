"""Copying one file to a drive, whole and verified, or not at all. Plain Python.

    open the source, remember what it is
    partial name beside the target; room reserved, where that is cheap
    one pass: read → blake3 of each 64 MiB block → write past the cache
    after each block, or five seconds: flush, then journal it
    the source must still be what it was
    read back from the device: compare block by block, mend bad ones from the source;
    the SHA-256 that is kept is that of the bytes which came back
    rename → flush the renamed file → flush the folder

Resuming reads the last journaled block again (all of them, when it is bad or nothing is
read back later) and goes on behind what the drive really holds.

Not promised: that a drive whose own memory lies about a flush keeps the last bytes of
a power cut; a later verification finds that.
"""
