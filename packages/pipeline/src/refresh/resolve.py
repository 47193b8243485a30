"""Prints what DNF would install today, by the library that anaconda installs with: a line `P name evr arch` for each
package, or `E message` for each problem, and `end`. Takes its wishes as JSON, its only argument."""

import json
import sys
import tempfile

import libdnf5

wanted = json.loads(sys.argv[1])
root = tempfile.mkdtemp()
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
        print("E", " ".join(message.split()))
else:
    for item in transaction.get_transaction_packages():
        package = item.get_package()
        print("P", package.get_name(), package.get_evr(), package.get_arch())
print("end", flush=True)
