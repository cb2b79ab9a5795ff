# Read by the shell that Claude Code starts for a hook (hooks/hooks.json), with the plugin's folder as $1.
#
# It answers the two questions that need no Python, so that a "no" costs one millisecond and starts nothing:
# may anything be recorded at all, and which Python does it? Everything else is in hook.py. Only what every shell
# has, Git Bash included; it prints nothing, and the hook ends with status 0 whatever happens here.

case ${DO_NOT_TRACK-} in '' | 0 | [Ff][Aa][Ll][Ss][Ee]) ;; *) exit 0 ;; esac
case ${TACHOGRAPH_PLUGIN-} in [Oo][Ff][Ff] | 0 | [Nn][Oo] | [Ff][Aa][Ll][Ss][Ee]) exit 0 ;; esac

# Which folder is ours, hook.py decides (places.py); where an older Claude Code does not say it, any that may be ours
# is looked at here.
consent=
if [ -n "${CLAUDE_PLUGIN_DATA-}" ]; then
    consent=$CLAUDE_PLUGIN_DATA/consent.json
else
    for one in "${CLAUDE_CONFIG_DIR:-${HOME:-${USERPROFILE-}}/.claude}"/plugins/data/*/consent.json; do
        [ -f "$one" ] && consent=$one && break
    done
fi
[ -f "$consent" ] || exit 0

# Only looks for the word; hook.py reads the file properly.
granted=
while read -r line || [ -n "$line" ]; do
    case $line in *'"granted"'*) granted=yes && break ;; esac
done <"$consent"
[ -n "$granted" ] || exit 0

# The Python that ran the last time: on PATH may be a version manager's script, which takes ten times as long.
python=
[ -f "${consent%consent.json}interpreter" ] && read -r python <"${consent%consent.json}interpreter"
case $python in
    /*) [ -x "$python" ] && "$python" -I -S "$1/scripts/hook.py" kept && exit 0 ;;
esac
python3 -I -S "$1/scripts/hook.py" found && exit 0
python -I -S "$1/scripts/hook.py" found && exit 0
py -3 -I -S "$1/scripts/hook.py" found
exit 0
