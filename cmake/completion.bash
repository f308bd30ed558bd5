# Completes triloop's options in bash. The options are those that the program itself names.
_triloop() {
  local current=$2 previous=$3 help
  [[ $previous == '=' ]] && previous=${COMP_WORDS[COMP_CWORD - 2]}
  [[ $current == '=' ]] && previous=${COMP_WORDS[COMP_CWORD - 1]} current=
  case $previous in
    --inspect) COMPREPLY=($(compgen -W "local any off" -- "$current")) && return ;;
    --processor) COMPREPLY=($(compgen -W "chat echo parallel proxy rpc" -- "$current")) && return ;;
    --slow-member) COMPREPLY=($(compgen -W "skip disconnect" -- "$current")) && return ;;
    --tls-min) COMPREPLY=($(compgen -W "1.2 1.3" -- "$current")) && return ;;
    --log-level) COMPREPLY=($(compgen -W "debug info warn error off" -- "$current")) && return ;;
    --web) COMPREPLY=($(compgen -d -- "$current")) && return ;;
    --config | --database | --scheduler | --trace | --tls-*) COMPREPLY=($(compgen -f -- "$current")) && return ;;
  esac
  if [[ $COMP_CWORD -eq 1 && -n $current && dial == "$current"* ]]; then COMPREPLY=(dial) && return; fi
  help=$("$1" $([[ ${COMP_WORDS[1]} == dial && $COMP_CWORD -gt 1 ]] && echo dial) --help 2>/dev/null)
  if [[ $previous == --* && $help =~ [[:space:]]"$previous "[A-Z] ]]; then return; fi  # a number, an address
  COMPREPLY=($(compgen -W "$(grep -oE -- '(^ +|,)--[a-z-]+' <<<"$help" | tr -d ' ,')" -- "$current"))
}
complete -o filenames -F _triloop triloop
