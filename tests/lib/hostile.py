#!/usr/bin/env python3
"""hostile.py DIR: archives that try something, and cases.json with the code each must get."""
import io
import json
import os
import struct
import sys
import tarfile
import zipfile
import zlib

out = sys.argv[1]
cases = []


def case(name, data, code, slow=False):
    file = "%02d.bin" % len(cases)
    with open(os.path.join(out, file), "wb") as f:
        f.write(data)
    cases.append({"name": name, "file": file, "code": code, "slow": slow})


UNSAFE, INVALID, EITHER = "ARCHIVE_UNSAFE", "ARCHIVE_INVALID", "ARCHIVE_UNSAFE|ARCHIVE_INVALID"


def zip_of(entries, method=zipfile.ZIP_DEFLATED):
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w", method) as z:
        for name, data in entries:
            if isinstance(name, zipfile.ZipInfo):
                z.writestr(name, data)
            else:
                z.writestr(zipfile.ZipInfo(name), data, method)
    return b.getvalue()


def info(name, mode):
    i = zipfile.ZipInfo(name)
    i.create_system = 3
    i.external_attr = mode << 16
    return i


def local(name, data, method=8, flags=0, crc=0, packed=None, size=0, extra=b""):
    packed = len(data) if packed is None else packed
    return struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, flags, method, 0, 0x21, crc, packed, size,
                       len(name), len(extra)) + name + extra + data


def central(name, offset, method=8, flags=0, crc=0, packed=0, size=0, extra=b"", mode=0o100644):
    return struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 0x0314, 20, flags, method, 0, 0x21, crc, packed,
                       size, len(name), len(extra), 0, 0, 0, mode << 16, offset) + name + extra


def end(count, size, offset, comment=b"", total=None):
    return struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count & 0xFFFF, (total or count) & 0xFFFF, size, offset,
                       len(comment)) + comment


def deflate(data):
    c = zlib.compressobj(9, zlib.DEFLATED, -15)
    return c.compress(data) + c.flush()


def single(name=b"a.txt", data=b"hello", c_name=None, c_size=None, c_crc=None, **more):
    packed = deflate(data)
    crc = zlib.crc32(data)
    loc = local(name, packed, crc=crc, size=len(data), **{k: v for k, v in more.items() if k in ("flags", "extra")})
    cen = central(c_name or name, 0, crc=crc if c_crc is None else c_crc, packed=len(packed),
                  size=len(data) if c_size is None else c_size, **more)
    return loc + cen + end(1, len(cen), len(loc))


good = zip_of([("index.html", b"ok")])
case("a good one", good, "OK")

# Too much
zeros = b"\0" * (1 << 20)


def zeros_deflated(mib):
    c = zlib.compressobj(9, zlib.DEFLATED, -15)
    return b"".join([c.compress(zeros) for _ in range(mib)]) + c.flush()


def zeros_crc(mib):
    crc = 0
    for _ in range(mib):
        crc = zlib.crc32(zeros, crc)
    return crc


bomb = zeros_deflated(90)
loc = local(b"bomb.bin", bomb, crc=zeros_crc(90), size=90 << 20)
cen = central(b"bomb.bin", 0, crc=zeros_crc(90), packed=len(bomb), size=90 << 20)
case("ratio: 90 MiB of zeros", loc + cen + end(1, len(cen), len(loc)), UNSAFE)
loc = local(b"bomb.bin", bomb, crc=0, size=1000)
cen = central(b"bomb.bin", 0, crc=0, packed=len(bomb), size=1000)
case("a bomb that says 1,000 bytes", loc + cen + end(1, len(cen), len(loc)), EITHER)
kernel = zeros_deflated(50)
case("overlap bomb: 5,000 entries, one kernel", (lambda l, c: l + c + end(5000, len(c), len(l)))(
    local(b"0", kernel, size=50 << 20), b"".join(central(b"%d" % i, 0, packed=len(kernel), size=50 << 20) for i in range(5000))), EITHER)
# Each entry's stored bytes are the next entry, header and all: every header is true, and the
# same bytes are unpacked again and again.
inside, heads = b"x" * 1000, []
for i in reversed(range(50)):
    name = b"f%02d" % i
    crc, size = zlib.crc32(inside), len(inside)
    inside = local(name, inside, method=0, crc=crc, size=size)
    heads.insert(0, (name, crc, size))
cens, at = [], 0
for name, crc, size in heads:
    cens.append(central(name, at, method=0, crc=crc, packed=size, size=size))
    at += 30 + len(name)
c = b"".join(cens)
case("quoted overlap", inside + c + end(50, len(c), len(inside)), UNSAFE)
many = zip_of([("f%d" % i, b"") for i in range(10001)], zipfile.ZIP_STORED)
case("10,001 entries", many, UNSAFE)
case("65,536 entries", zip_of([("f%d" % i, b"") for i in range(65536)], zipfile.ZIP_STORED), EITHER)
big = zeros_deflated(101)
loc = local(b"big", big, crc=zeros_crc(101), size=101 << 20)
cen = central(b"big", 0, crc=zeros_crc(101), packed=len(big), size=101 << 20)
case("one file of 101 MiB", loc + cen + end(1, len(cen), len(loc)), UNSAFE)
case("name of 2,000 bytes", zip_of([("n" * 2000, b"x")]), UNSAFE)

# Names
for name in ["../evil.txt", "a/../../evil.txt", "/tmp/fazt-evil", "..", "a/./b", "a//b", "a\\..\\b", "C:\\x", "a\nb", "a\x7fb"]:
    data = single(name.encode())
    case("name %r" % name, data, UNSAFE)
case("name that is not UTF-8", single(b"a\xff\xfe.txt", flags=0x800), UNSAFE)
case("overlong UTF-8 slash", single(b"..\xc0\xafetc", flags=0x800), UNSAFE)
case("NUL in the name", single(b"a.txt\0.png"), EITHER)
case("empty name", single(b""), EITHER)
case("duplicate names", zip_of([("a.txt", b"1"), ("a.txt", b"2")]), UNSAFE)
case("names that differ in case", zip_of([("a.txt", b"1"), ("A.TXT", b"2")]), UNSAFE)
case("names equal after NFC", zip_of([("\u00e9.txt", b"1"), ("e\u0301.txt", b"2")]), UNSAFE)
case("a file where others have a folder", zip_of([("a", b"1"), ("a/b", b"2")]), UNSAFE)
case("name differs between header and directory", single(b"index.html", c_name=b"inner.html"), EITHER)

# Kinds of entries
case("symlink", zip_of([(info("link", 0o120777), b"/etc/passwd"), ("index.html", b"x")]), UNSAFE)
case("device", zip_of([(info("dev", 0o020666), b"")]), UNSAFE)
case("fifo", zip_of([(info("fifo", 0o010666), b"")]), UNSAFE)
case("encrypted", single(flags=1), UNSAFE)
case("unknown method", (lambda l, c: l + c + end(1, len(c), len(l)))(
    local(b"a", b"xxxx", method=14), central(b"a", 0, method=14, packed=4, size=4)), EITHER)

# Lies
case("wrong checksum", single(c_crc=1), EITHER)
case("size too small in the directory", single(c_size=2), EITHER)
case("size too large in the directory", single(c_size=500), EITHER)
case("directory outside the file", good[:-22] + end(1, 99999, 99999), INVALID)
case("no end record", good[:-22], INVALID)
case("cut in the middle", good[: len(good) // 2], INVALID)
case("bytes after the end", good + b"trailing", INVALID)
case("second end record in the comment", good[:-22] + end(1, 56, 40, comment=end(0, 0, 0)), INVALID)
case("count says two", good[:-22] + good[-22:][:8] + struct.pack("<HH", 2, 2) + good[-22:][12:], INVALID)
case("empty zip", end(0, 0, 0), INVALID)
case("only dropped files", zip_of([(".git/config", b"x"), ("__MACOSX/a", b"y")]), INVALID)
case("not an archive", b"#!/bin/sh\necho hello\n" * 50, INVALID)
case("deflate garbage", (lambda l, c: l + c + end(1, len(c), len(l)))(
    local(b"a", b"\xff" * 100, size=1000), central(b"a", 0, packed=100, size=1000)), INVALID)

# tar
def tar_of(entries, fmt=tarfile.PAX_FORMAT, mode="w"):
    b = io.BytesIO()
    with tarfile.open(fileobj=b, mode=mode, format=fmt) as t:
        for name, kind, link, data in entries:
            i = tarfile.TarInfo(name)
            i.type = kind
            i.linkname = link
            i.size = len(data)
            t.addfile(i, io.BytesIO(data))
    return b.getvalue()


R = tarfile.REGTYPE
case("a good tar", tar_of([("index.html", R, "", b"ok")]), "OK")
case("tar: symlink", tar_of([("l", tarfile.SYMTYPE, "/etc/passwd", b"")]), UNSAFE)
case("tar: symlink, then a file through it", tar_of([("d", tarfile.SYMTYPE, "/tmp", b""), ("d/fazt-evil", R, "", b"x")]), UNSAFE)
case("tar: hard link", tar_of([("a", R, "", b"x"), ("b", tarfile.LNKTYPE, "/etc/passwd", b"")]), UNSAFE)
case("tar: device", tar_of([("a", tarfile.CHRTYPE, "", b"")]), UNSAFE)
case("tar: fifo", tar_of([("a", tarfile.FIFOTYPE, "", b"")]), UNSAFE)
for name in ["../evil.txt", "/tmp/fazt-evil", "a/../../b", "a\\b"]:
    case("tar: name %r" % name, tar_of([(name, R, "", b"x")]), UNSAFE)
case("tar: duplicate", tar_of([("a", R, "", b"1"), ("a", R, "", b"2")]), UNSAFE)
case("tar: cut", tar_of([("a", R, "", b"x" * 100000)])[:50000], INVALID)
case("tar: broken header checksum", b"a.txt" + b"\0" * 95 + b"0000644\0" * 3 + b"00000000005\0" * 2 + b"99999999" + b"0" + b"\0" * 100 + b"ustar\00000" + b"\0" * 247 + b"hello" + b"\0" * 507 + b"\0" * 1024, INVALID)
c = zlib.compressobj(9, zlib.DEFLATED, 31)
hdr = tarfile.TarInfo("zeros")
hdr.size = 300 << 20
gz = c.compress(hdr.tobuf(tarfile.GNU_FORMAT)) + b"".join(c.compress(zeros) for _ in range(300)) + c.compress(b"\0" * 1024) + c.flush()
case("tar.gz: 300 MiB of zeros", gz, UNSAFE)
c = zlib.compressobj(9, zlib.DEFLATED, 31)
inner = c.compress(zeros * 20) + c.flush()
case("tar.gz: zeros without a header", inner, EITHER)
case("tar.gz: cut", gz[:500], EITHER)
pax = tarfile.TarInfo("x")
pax.pax_headers = {"path": "p" * 200000}
case("tar: pax path of 200 KB", pax.tobuf(tarfile.PAX_FORMAT) + b"\0" * 1024, EITHER)

with open(os.path.join(out, "cases.json"), "w") as f:
    json.dump(cases, f)
print("# %d archives" % len(cases))
