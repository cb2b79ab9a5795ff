# Runs one of the plugin's own commands with whatever Python there is: sh command.sh status|consent|preview|cost [WORDS…]
#
# Started by commands/*.md. Status 0 always, because Claude Code shows nothing of a command that fails.

case $1 in
    status | consent | preview | cost) ;;
    *) echo "metrics: this takes status, consent, preview or cost" && exit 0 ;;
esac
script=${0%/*}/$1.py
shift
# A name on PATH may be a version manager's script that starts nothing, so each is asked first.
for python in python3 python; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' >/dev/null 2>&1; then
        "$python" -I -S -B "$script" "$@"
        exit 0
    fi
done
if py -3 -c 'import sys; sys.exit(sys.version_info < (3, 8))' >/dev/null 2>&1; then
    py -3 -I -S -B "$script" "$@"
    exit 0
fi
echo "metrics: no Python 3.8 or newer was found, so this plugin does nothing. Install one, then start Claude Code again."
exit 0
