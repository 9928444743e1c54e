"""The tarball: the program beside the libraries that it needs, found by a run path relative to it. It runs from where it
was unpacked, on every system with glibc.

Not one static program: Debian has no static cpp-httplib, nor the Kerberos libraries that its static libcurl asks for,
and glibc's name lookup wants the system's own glibc at run time even from a static program.
"""
import pathlib
import subprocess

from parts.archive import Tree, write_tar_gz
from parts.build import GLIBC, PACKAGING, PROJECT, Problem, run

# What the program says of itself: file below share/ -> command.
PAPERS = {
    "man/man1/zest-sandbox.1": ("help", "--man"),
    "bash-completion/completions/zest-sandbox": ("completion", "bash"),
    "zsh/site-functions/_zest-sandbox": ("completion", "zsh"),
    "fish/vendor_completions.d/zest-sandbox.fish": ("completion", "fish"),
}


def add_program(tree, build, top):
    """The program and its libraries below `top`; the run path in the program is $ORIGIN/../lib/zest-sandbox."""
    tree.add(f"{top}bin/zest-sandbox", build.stripped_program(), 0o755)
    for name, path in build.libraries().items():
        tree.add(f"{top}lib/zest-sandbox/{name}", path.read_bytes())


def debian_packages(libraries):
    """Names of the packages that own these files."""
    # A merged /usr is not known to dpkg, which lists some files below /lib, and fails for the other spelling.
    spellings = {path: {str(path), str(pathlib.Path("/", *path.parts[2:]))} for path in libraries}
    told = subprocess.run(["dpkg-query", "-S", *sorted(set().union(*spellings.values()))], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout
    owners = {place: owner.partition(":")[0] for owner, _, place in (line.partition(": ") for line in told.splitlines())}
    packages = set()
    for path in libraries:
        found = spellings[path] & owners.keys()
        if not found:
            raise Problem(f"{path} belongs to no Debian package, so its licence is not known; make packages with the "
                          "libraries of the system")
        packages.add(owners[found.pop()])
    return sorted(packages)


def add_licences(tree, build, top):
    """What the authors of the libraries ask to be handed on, as Debian has it."""
    packages = debian_packages(list(build.libraries().values()))
    for name in packages:
        tree.add_file(f"{top}{name}.copyright", pathlib.Path("/usr/share/doc", name, "copyright"))
    versions = set(run("dpkg-query", "-W", "-f", "${Package} ${Version}\n", *packages).splitlines())
    tree.add(f"{top}VERSIONS", "".join(f"{line}\n" for line in sorted(versions)))


def add_guides(tree, top):
    """What coding agents read."""
    tree.add_file(f"{top}llms.txt", PROJECT / "server" / "console" / "llms.txt")
    tree.add_file(f"{top}AGENTS.md", PACKAGING / "agents" / "AGENTS.md")


def check_glibc(build):
    needed = build.required_glibc()
    if needed > GLIBC:
        needed, promised = (".".join(map(str, version)) for version in (needed, GLIBC))
        raise Problem(f"what is built here needs glibc {needed}, and the tarball promises to run with {promised}; make it on "
                      "Debian 12")


def make_tarball(build, out):
    check_glibc(build)
    name = f"zest-sandbox-{build.version}-linux-{build.architecture}"
    tree = Tree()
    add_program(tree, build, f"{name}/")
    doc = f"{name}/share/doc/zest-sandbox"
    for page in ("README.md", "LICENSE", "CHANGELOG.md"):
        tree.add_file(f"{doc}/{page}", PROJECT / page)
    add_guides(tree, f"{doc}/")
    add_licences(tree, build, f"{doc}/libraries/")
    for paper, words in PAPERS.items():
        tree.add(f"{name}/share/{paper}", run(build.program, *words))
    install = (PACKAGING / "tarball" / "install.sh").read_text(encoding="utf-8")
    install = install.replace("@ARCHITECTURE@", build.architecture)
    tree.add(f"{name}/install.sh", install.replace("@GLIBC@", ".".join(map(str, GLIBC))), 0o755)
    return [write_tar_gz(out / f"{name}.tar.gz", tree, build.epoch)]
