# Read by the shell that Claude Code starts for a hook (hooks/hooks.json), with the plugin's folder as $1.
#
# It answers the two questions that need no Python, so that a "no" costs one millisecond and starts nothing:
# may anything be recorded at all, and which Python does it? Everything else is in hook.py. Only what every shell
# has, Git Bash included; it prints nothing, and the hook ends with status 0 whatever happens here.

case ${DO_NOT_TRACK-} in '' | 0 | [Ff][Aa][Ll][Ss][Ee]) ;; *) exit 0 ;; esac
case ${TACHOGRAPH_PLUGIN-} in [Oo][Ff][Ff] | 0 | [Nn][Oo] | [Ff][Aa][Ll][Ss][Ee]) exit 0 ;; esac

# Which folder is ours, hook.py decides (places.py); where an older Claude Code does not say it, any that may be ours
# is looked at here. Only the word is looked for; hook.py reads the file properly.
if [ -n "${CLAUDE_PLUGIN_DATA-}" ]; then
    set -- "$1" "$CLAUDE_PLUGIN_DATA"
else
    set -- "$1" "${CLAUDE_CONFIG_DIR:-${HOME:-${USERPROFILE-}}/.claude}"/plugins/data/metrics-*
fi
root=$1
shift
granted=
for data; do
    [ -f "$data/consent.json" ] || continue
    while read -r line || [ -n "$line" ]; do
        case $line in *'"granted"'*) granted=$data && break 2 ;; esac
    done <"$data/consent.json"
done
[ -n "$granted" ] || exit 0

# The Python that ran the last time: on PATH may be a version manager's script, which takes ten times as long.
python=
[ -f "$granted/interpreter" ] && [ -O "$granted/interpreter" ] && read -r python <"$granted/interpreter"
case $python in
    /*) [ -x "$python" ] && "$python" -I -S "$root/scripts/hook.py" kept && exit 0 ;;
esac
python3 -I -S "$root/scripts/hook.py" found && exit 0
python -I -S "$root/scripts/hook.py" found && exit 0
py -3 -I -S "$root/scripts/hook.py" found
exit 0
