"""Makes the archives in this folder with Python's zipfile: python3 make.py"""
import io
import pathlib
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
TEXT = b"went to the store\n" * 200
BYTES = bytes(range(256)) * 3
DATE = (2026, 11, 25, 12, 0, 0)


def info(name, method):
    entry = zipfile.ZipInfo(name, DATE)
    entry.compress_type = method
    return entry


def fill(archive):
    archive.writestr(info("folder/", zipfile.ZIP_STORED), b"")
    archive.writestr(info("folder/text.txt", zipfile.ZIP_DEFLATED), TEXT)
    archive.writestr(info("bytes.bin", zipfile.ZIP_STORED), BYTES)
    archive.writestr(info("empty", zipfile.ZIP_DEFLATED), b"")


class Unseekable(io.RawIOBase):
    """A pipe, as far as zipfile can see: it then writes sizes behind the data."""

    def __init__(self):
        super().__init__()
        self.bytes = b""

    def writable(self):
        return True

    def write(self, data):
        self.bytes += bytes(data)
        return len(data)


def main():
    with zipfile.ZipFile(HERE / "plain.zip", "w") as archive:
        fill(archive)
        archive.comment = b"PK\x05\x06 is the signature of an end record"
    pipe = Unseekable()
    with zipfile.ZipFile(pipe, "w") as archive:
        fill(archive)
    (HERE / "sizes_behind.zip").write_bytes(pipe.bytes)
    limits = zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT
    zipfile.ZIP64_LIMIT = zipfile.ZIP_FILECOUNT_LIMIT = 2  # everything is "large"
    with zipfile.ZipFile(HERE / "zip64.zip", "w") as archive:
        fill(archive)
    zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = limits
    with zipfile.ZipFile(HERE / "nested.jar", "w") as jar:
        jar.writestr(info("META-INF/MANIFEST.MF", zipfile.ZIP_DEFLATED), b"Manifest-Version: 1.0\n")
        for name in ("plain", "zip64", "sizes_behind"):
            content = (HERE / f"{name}.zip").read_bytes()
            jar.writestr(info("inner/" + name, zipfile.ZIP_DEFLATED), content)
    with zipfile.ZipFile(HERE / "bzip2.zip", "w") as archive:
        archive.writestr(info("text.txt", zipfile.ZIP_BZIP2), TEXT)


if __name__ == "__main__":
    main()
