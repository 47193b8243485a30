"""Prints what DNF would install today, by the library that anaconda installs with: a line `P name evr arch` for each
package, or `E message` for each problem, and `end`. Takes its wishes as JSON, its only argument."""

import json
import sys
import tempfile

wanted = json.loads(sys.argv[1])
root = tempfile.mkdtemp()


def by_dnf5(libdnf5):
    """Of Fedora since 41. Yields lines."""
    base = libdnf5.base.Base()
    config = base.get_config()
    config.installroot = root
    config.cachedir = root + "/cache"
    config.logdir = root
    config.plugins = False
    config.pkg_gpgcheck = False
    config.install_weak_deps = wanted["weakDependencies"]
    config.excludepkgs = wanted["excluded"]
    base.get_vars().set("releasever", wanted["release"])
    base.setup()
    sack = base.get_repo_sack()
    for wish in wanted["repositories"]:
        settings = sack.create_repo(wish["name"]).get_config()
        if "baseurl" in wish:
            settings.baseurl = [wish["baseurl"]]
        if "mirrorlist" in wish:
            settings.mirrorlist = wish["mirrorlist"]
        if "metalink" in wish:
            settings.metalink = wish["metalink"]
        settings.includepkgs = wish["includepkgs"]
        settings.excludepkgs = wish["excludepkgs"]
    sack.load_repos(libdnf5.repo.Repo.Type_AVAILABLE)
    goal = libdnf5.base.Goal(base)
    for spec in wanted["install"]:
        goal.add_install(spec)
    transaction = goal.resolve()
    if transaction.get_problems() != libdnf5.base.GoalProblem_NO_PROBLEM:
        for message in transaction.get_resolve_logs_as_strings():
            yield "E " + " ".join(message.split())
        return
    for item in transaction.get_transaction_packages():
        package = item.get_package()
        yield f"P {package.get_name()} {package.get_evr()} {package.get_arch()}"


def by_dnf4(dnf):
    """Of Enterprise Linux 9 and 10. Yields lines."""
    base = dnf.Base()
    config = base.conf
    config.installroot = root
    config.cachedir = root + "/cache"
    config.logdir = root
    config.gpgcheck = False
    config.install_weak_deps = wanted["weakDependencies"]
    config.excludepkgs = wanted["excluded"]
    config.substitutions["releasever"] = wanted["release"]
    for wish in wanted["repositories"]:
        places = {key: [wish[key]] if key == "baseurl" else wish[key] for key in ("baseurl", "mirrorlist", "metalink") if key in wish}
        repository = base.repos.add_new_repo(wish["name"], config, baseurl=places.pop("baseurl", ()), **places)
        repository.includepkgs = wish["includepkgs"]
        repository.excludepkgs = wish["excludepkgs"]
    base.fill_sack(load_system_repo=False)
    base.read_comps(arch_filter=True)
    problems = []
    try:
        base.install_specs(wanted["install"])
    except dnf.exceptions.MarkingErrors as error:
        problems.append(str(error))
    try:
        base.resolve()
    except dnf.exceptions.DepsolveError as error:
        problems.append(str(error))
    for message in problems:
        yield "E " + " ".join(message.split())
    if not problems:
        for package in base.transaction.install_set:
            yield f"P {package.name} {package.evr} {package.arch}"


try:
    import libdnf5

    lines = by_dnf5(libdnf5)
except ImportError:
    import dnf
    import dnf.exceptions

    lines = by_dnf4(dnf)
for line in lines:
    print(line)
print("end", flush=True)
