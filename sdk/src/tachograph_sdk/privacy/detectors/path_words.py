"""Words in paths that name no person and no project: accounts that machines share, routes, folders of systems."""

from __future__ import annotations

__all__ = ["COMMON_WORDS", "FOLDERS", "GENERIC", "NOT_A_PERSON", "ROUTES", "SYSTEM_FOLDERS"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NOT_A_PERSON = _words("""
    shared public default defaultuser0 root runner runneradmin runner-admin runneruser containeradministrator
    containeruser administrator admin node ubuntu debian fedora centos alpine archlinux rocky almalinux opensuse core
    coreos bitnami ec2-user ec2user opc azureuser azuredevops vsts vsts_azpcontainer vsonline codespace codespaces
    vscode gitpod coder code-server devcontainer vagrant docker dockeruser podman kubernetes k8s jenkins circleci
    travis travisci gitlab-runner gitlab_runner gitlab github github-runner actions-runner buildkite buildkite-agent
    teamcity bamboo drone semaphore appveyor build builder buildbot ci cibuild ci-user cirrus concourse git svn www
    www-data wwwroot nginx apache httpd http tomcat postgres postgresql mysql mariadb redis mongodb rabbitmq kafka
    elasticsearch elastic grafana prometheus airflow spark hadoop hdfs hive jovyan jupyter rstudio shiny steam
    linuxbrew homebrew nix nixbld nobody nonroot app appuser app-user application apps service services svc daemon
    system systemprofile localservice networkservice user users username user_name user-name your-user your_user
    youruser yourname your-name your_name yourusername your-username your_username you me myuser myusername someuser
    some-user anyuser name account guest anonymous test tester testuser test-user test_user testing example sandbox
    sbx webapp webuser agent claude codex copilot devin openhands worker deploy deployer deployment
    deploybot dev developer vmuser vm-user pi dietpi osmc kali parallels ftp sftp sftpuser sshd mail backup oracle
    minecraft steamcmd lost+found home data domain ... .. . xxx foo bar baz all-users python ruby rust golang java
    php laravel sail frappe odoo rails perl pwuser pptruser chrome chromium seluser selenium cypress playwright bun
    deno site wwwuser forge ploi runcloud cloudshell-user cloudshell cloud-user cloud_user cloudsdk ssm-user hdoop
    all defaultappuser wdagutilityaccount defaultapppool mssqlserver bot robot nuget conda
    mambauser micromamba condauser spack easybuild slurm munge galaxy render heroku dyno netlify vercel
""") | {"all users", "default user", "default.migrated", "your name", "user name", "[user]"}
"""Accounts that many machines have, and words that stand for a name; in lower case."""

ROUTES = _words("""
    page pages index index.html index.php index.htm dashboard about about-us contact login logout signin sign-in signup
    sign-up register settings setting profile profiles feed news main view views list lists new edit create update
    delete remove search help faq blog posts post item items detail details overview welcome start landing menu nav
    header footer banner hero layout home homepage products product services service shop cart checkout account
    accounts orders order info terms privacy legal support status health healthz ping api v1 v2 v3 auth callback me
    self current notifications messages inbox explore discover trending popular recent latest today tab tabs screen
    screens component components module modules widget widgets section sections content assets static css js img
    images icons fonts favicon.ico docs documentation guide guides tutorial tutorials download downloads directory
    dir folder path file files bind all count export import bulk batch me.json index.js index.ts index.tsx page.tsx
""")
"""What comes after /home/ or /users/ in addresses of web pages; in lower case."""

GENERIC = _words("""
    data cdrom usb disk disk1 disk2 volume vol www html http https ftp git app apps src public static media lib libs bin
    share shared shares cache tmp temp log logs backup backups config conf etc var opt home users docs doc mnt srv
    downloads storage nfs efs s3 wsl wslg c d e local remote node_modules dist build out images img css js assets
    uploads files file videos video audio music photos photo pictures site sites default current releases release
    index root workspace work user test tests
""")
"""Folders that say nothing about whose they are; in lower case."""

SYSTEM_FOLDERS = _words("""
    windows winnt programdata perflogs inetpub temp tmp msys64 msys32 msys mingw mingw64 mingw32 cygwin cygwin64 boot
    recovery $recycle.bin $windows.~bt $winreagent onedrivetemp intel amd nvidia drivers users usr bin etc lib opt var
    strawberry xampp wamp wamp64 laragon tools ruby31-x64 ruby32-x64 ruby33-x64 python27 python3 python36 python37
    python38 python39 python310 python311 python312 python313 python314 go rust cargo java jdk android vcpkg swsetup
    hostedtoolcache a agent agents actions-runner app workspace path foo bar example dir folder some test nuget tee
    chocolatey chocolateyinstall miniconda3 anaconda3 miniforge3 llvm cuda npm nodejs nvm4w scoop sdk
    windowsapps documents system32 program docume~1 progra~1 progra~2 progra~3
""") | {
    "program files", "program files (x86)", "program files (arm)", "documents and settings", "system volume information",
}  # fmt: skip
"""First folders of a Windows drive that every such machine has, or that stand for any; in lower case."""

FOLDERS = _words("""
    src source sources code codes projects project proj repos repo repositories git github gitlab dev develop
    development developer work workspace workspaces documents desktop downloads library onedrive dropbox icloud
    sites apps go rust python java node www sandbox playground tmp temp labs lab tools scripts dotfiles config claude
    local conda venv
""")
"""Folders people usually have in their home folder; in lower case."""

COMMON_WORDS = (
    _words("""
    april angel august autumn bill brand brook bush case cash chance chase christian clay coral cook dash dawn dean
    drew earl east faith fall field ford frank gene glen grace grant hall hand harper head heath hill hope house hunt
    hunter iris ivory ivy jack jade jasmine jean jewel june king lake lance lane lily little long love mark marsh mason
    miles mill misty moon north olive page paige park parker patience pearl penny piper pool price prince ranger reed
    rich river robin rock rose rows ruby sage sandy scout sierra silver singer sky skip smith snow south star stone
    storm summer sunny temple terry turner wade walker ward warren west wood woods will young zone main core code book
    auto null true false none self this that from with type name path line text data root node test temp user host
    file print build debug error info warn level class const value index token model claude code cursor agent python
    java rust ruby perl react swift kotlin julia dart scala elixir docker redis nginx mongo kafka spark lambda delta
    alpha beta gamma omega sigma theta echo bravo charlie oscar romeo sierra tango victor xray zulu mike papa quebec
    hotel india lima november foxtrot golf juliet kilo uniform whiskey yankee work project projects build builder
""")
    | FOLDERS
    | GENERIC
    | ROUTES
    | NOT_A_PERSON
)
"""Names of people that are words of texts too: known from a path, they still are not looked for elsewhere."""
