"""The container image as an archive in Docker's format, which docker, podman and buildah load; and the same staged for their
builders. Written here and not by buildah, which gives every image a random host name: the same inputs give the same bytes, and
Docker's format, unlike OCI's, has the health check.
"""
import hashlib
import json
import pathlib
import re
import shutil
import time

from parts.archive import Tree, tar_bytes
from parts.build import PACKAGING, Problem, run
from parts.tarball import add_licences, add_program

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}  # uname's word -> the one of images
CERTIFICATES = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
SHARED_BY_ALL = 0o1777  # of folders: any user id may run it
SECOND = 1_000_000_000  # Docker counts nanoseconds

# What the Containerfile says; a test compares the two.
CONFIG = {
    "User": "65532:65532",
    "ExposedPorts": {"8080/tcp": {}},
    "Env": ["PATH=/bin", "ZEST_SANDBOX_HOST=0.0.0.0"],
    "Entrypoint": ["/bin/zest-sandbox"],
    "Cmd": ["serve"],
    "Healthcheck": {"Test": ["CMD", "/bin/zest-sandbox", "readyz"], "Interval": 5 * SECOND, "Timeout": 3 * SECOND,
                    "StartPeriod": 10 * SECOND, "Retries": 3},
    "Volumes": {"/data": {}},
    "WorkingDir": "/data",
    "StopSignal": "SIGTERM",
}


def labels(version):
    return {"org.opencontainers.image.title": "zest-sandbox",
            "org.opencontainers.image.description": "A local sandbox of the Zest Partner API",
            "org.opencontainers.image.version": version, "org.opencontainers.image.licenses": "MIT"}


def glibc_files(program):
    """The loader and the parts of glibc that the program needs, where the loader looks for them."""
    told = run("ldd", program)
    found = [place for place in re.findall(r"=> (/\S+)", told) if re.search(r"/lib(c|m|resolv)\.so\.", place)]
    return [pathlib.Path(place) for place in found + re.findall(r"^\s*(/\S*/ld-linux\S*)", told, re.M)]


def root_tree(build):
    """The files of the image."""
    if not CERTIFICATES.exists():
        raise Problem(f"{CERTIFICATES} is not there; install ca-certificates")
    tree = Tree()
    add_program(tree, build, "")
    add_licences(tree, build, "usr/share/doc/zest-sandbox/libraries/")
    for path in glibc_files(build.program):
        tree.add(str(path).lstrip("/"), path.resolve().read_bytes(), 0o755)
    tree.add_file("etc/ssl/certs/ca-certificates.crt", CERTIFICATES, 0o644)
    tree.add("etc/nsswitch.conf", "hosts: files dns\n")  # names that the container engine puts into /etc/hosts
    tree.add("etc/passwd", "root:x:0:0::/:\nsandbox:x:65532:65532::/data:\n")
    tree.add("etc/group", "root:x:0:\nsandbox:x:65532:\n")
    tree.folder_modes = {"tmp": SHARED_BY_ALL, "data": SHARED_BY_ALL}
    return tree


def stage(tree, folder):
    """Containerfile and rootfs/, for any tool that builds images."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, (content, mode) in tree.files.items():
        path = folder / "rootfs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)
    for name in tree.folders():
        path = folder / "rootfs" / name
        path.mkdir(exist_ok=True)
        path.chmod(tree.folder_modes.get(name, 0o755))
    shutil.copy(PACKAGING / "container" / "Containerfile", folder)


def archive_tree(build, layer):
    """What `docker save` would write."""
    digest = hashlib.sha256(layer).hexdigest()
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(build.epoch))
    config = {
        "created": created, "os": "linux", "architecture": ARCHITECTURES[build.architecture],
        "config": {**CONFIG, "Labels": labels(build.version)},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        "history": [{"created": created, "created_by": "scripts/package image"}]}
    text = json.dumps(config, sort_keys=True)
    name = hashlib.sha256(text.encode()).hexdigest() + ".json"
    tree = Tree()
    tree.add(name, text)
    tree.add(f"{digest}.tar", layer)
    tree.add("manifest.json", json.dumps(
        [{"Config": name, "RepoTags": [f"zest-sandbox:{build.version}"], "Layers": [f"{digest}.tar"]}]))
    return tree


def make_image(build, out):
    if build.architecture not in ARCHITECTURES:
        raise Problem(f"images have no word for the processor {build.architecture}")
    tree = root_tree(build)
    stage(tree, build.folder / "image")
    # Not compressed: buildah does not read one that is.
    path = out / f"zest-sandbox-{build.version}-image-{ARCHITECTURES[build.architecture]}.tar"
    path.write_bytes(tar_bytes(archive_tree(build, tar_bytes(tree, build.epoch)), build.epoch, folders=False))
    return [path]
