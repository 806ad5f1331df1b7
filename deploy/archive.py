"""Makes the archive of a release: python3 deploy/archive.py PROGRAM TARGET [FOLDER]

PROGRAM is the built binary, which must run on this machine, because it writes its own manual pages
and completions. TARGET is the target triple for the archive's name. The same inputs make the same
bytes. Beside the archive, in FOLDER (default: dist), a file with its SHA-256 is written.
"""

import gzip
import hashlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAPERS = ["README.md", "CHANGELOG.md", "LICENSE", "config.example.toml", "deploy/quizloop.service"]
SHELLS = ["bash", "elvish", "fish", "powershell", "zsh"]


def main():
    program, target = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    folder = pathlib.Path(sys.argv[3] if len(sys.argv) > 3 else "dist")
    folder.mkdir(parents=True, exist_ok=True)
    manifest = tomllib.loads((ROOT / "Cargo.toml").read_text())
    name = f"quizloop-{manifest['workspace']['package']['version']}-{target}"
    files = {program.name: program.read_bytes()}
    files |= {pathlib.Path(paper).name: (ROOT / paper).read_bytes() for paper in PAPERS}
    files |= generated(program)
    files["THIRD-PARTY-LICENSES.txt"] = licences(target)
    archive = zipped if "windows" in target else tarred
    path = archive(folder / name, name, files)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_name(path.name + ".sha256").write_text(f"{digest}  {path.name}\n")
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB, {len(files)} files")


def generated(program):
    """Returns the completions and manual pages that the program writes."""
    files = {}
    for shell in SHELLS:
        run = subprocess.run([program, "completions", shell], check=True, capture_output=True)
        files[f"completions/quizloop.{shell}"] = run.stdout
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "man", folder], check=True)
        for page in sorted(pathlib.Path(folder).iterdir()):
            files[f"man/{page.name}"] = page.read_bytes()
    return files


def licences(target):
    """Returns the licence texts of all crates in the binary; equal texts are printed once."""
    tree = ["cargo", "tree", "--locked", "--package", "quizloop", "--edges", "normal", "--target", target]
    tree += ["--prefix", "none", "--format", "{p}|{l}"]
    lines = subprocess.run(tree, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    metadata = subprocess.run(
        ["cargo", "metadata", "--locked", "--format-version", "1"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout
    folders = {
        (package["name"], package["version"]): pathlib.Path(package["manifest_path"]).parent
        for package in json.loads(metadata)["packages"]
    }
    crates, texts = {}, {}
    for line in lines.splitlines():
        package, _, licence = line.replace(" (*)", "").partition("|")
        name, version = package.split()[:2]
        folder = folders[name, version.removeprefix("v")]
        if ROOT in [folder, *folder.parents]:
            continue
        crates[f"{name} {version.removeprefix('v')}"] = licence
        for file in sorted(folder.iterdir()):
            if file.is_file() and file.name.lower().startswith(("licen", "copying", "notice")):
                text = file.read_text(errors="replace").strip()
                texts.setdefault(text, []).append(f"{name} {version.removeprefix('v')}")
    out = ["Crates in this program and their licences:", ""]
    out += [f"  {crate}: {licence}" for crate, licence in sorted(crates.items())]
    for text, users in texts.items():
        out += ["", "=" * 80, ", ".join(sorted(set(users))), "=" * 80, "", text]
    return ("\n".join(out) + "\n").encode()


def mode(name):
    return 0o755 if name in ("quizloop", "quizloop.exe") else 0o644


def tarred(base, name, files):
    path = base.with_name(base.name + ".tar.gz")
    with gzip.GzipFile(path, "wb", mtime=0) as compressed, tarfile.open(
        fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT
    ) as tar:
        for file, contents in sorted(files.items()):
            entry = tarfile.TarInfo(f"{name}/{file}")
            entry.size, entry.mode, entry.mtime = len(contents), mode(file), moment()
            tar.addfile(entry, io.BytesIO(contents))
    return path


def zipped(base, name, files):
    path = base.with_name(base.name + ".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, contents in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{name}/{file}")
            entry.external_attr = mode(file) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, contents)
    return path


def moment():
    """Returns the time of all files in an archive: that of the commit, if the caller sets it."""
    return int(os.environ.get("SOURCE_DATE_EPOCH", "0"))


main()
