"""Archives whose bytes follow from their content alone: sorted, owned by root, with one date."""
import gzip
import io
import tarfile

COMPRESSION = 6  # 9 takes three times as long for one percent

class Tree:
    """Files to be packed: path in the archive -> (bytes, mode); and folders with a mode of their own."""

    def __init__(self):
        self.files = {}
        self.folder_modes = {}

    def add(self, name, content, mode=0o644):
        self.files[name] = (content.encode() if isinstance(content, str) else content, mode)

    def add_file(self, name, path, mode=None):
        executable = path.stat().st_mode & 0o100
        self.add(name, path.read_bytes(), mode or (0o755 if executable else 0o644))

    def folders(self):
        """Every folder above a file, from the top, and those with a mode of their own."""
        found = set(self.folder_modes)
        for name in self.files:
            parts = name.split("/")[:-1]
            found.update("/".join(parts[:count]) for count in range(1, len(parts) + 1))
        return sorted(found)


def tar_bytes(tree, epoch, folders=True):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        names = [(name, None) for name in tree.folders()] if folders else []
        for name, entry in sorted(names + list(tree.files.items()), key=lambda item: item[0].split("/")):
            member = tarfile.TarInfo(name)
            member.mtime = epoch
            member.uname = member.gname = "root"
            if entry is None:
                member.type, member.mode = tarfile.DIRTYPE, tree.folder_modes.get(name, 0o755)
                tar.addfile(member)
            else:
                content, member.mode = entry
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def write_tar_gz(path, tree, epoch, folders=True):
    with open(path, "wb") as file, gzip.GzipFile("", "wb", COMPRESSION, file, mtime=0) as packed:
        packed.write(tar_bytes(tree, epoch, folders))
    return path
