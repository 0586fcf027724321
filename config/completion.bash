# Completion of `wick` for bash. Use: source completion.bash, or install it as
# /usr/share/bash-completion/completions/wick.

_wick() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
  local -A options=(
    [serve]="--config --data --http --binary --set"
    [config]="--config --data --http --binary --set"
    [ingest]="--server --token-file --tls --tls-ca --batch --in-flight --ack --strict"
    [feed]="--exchanges --pairs --rate --duration --seed --popular --server --token-file --tls --tls-ca --batch --in-flight --ack"
    [produce]="--brokers --topic --format --batch --property --property-file --exchanges --pairs --rate --duration --seed --popular"
    [bench]="--rate --spacing --seconds --warmup --requests --connections --pipeline --threads --spin --series --zipf --batch --write-batch --write-share --ack --candles --interval --history --random-range --packed --seed --no-prepare --http --server --token-file --tls --tls-ca --json"
    [latest]="--file --server --token-file --tls --tls-ca --json"
    [candles]="--interval --from --to --limit --fill --format --json --server --token-file --tls --tls-ca"
    [exchanges]="--no-pairs --server --token-file --tls --tls-ca --json"
    [bases]="--all --server --token-file --tls --tls-ca --json"
    [reference]="list set remove replace"
    [cluster]="--server --token-file --tls --tls-ca --json"
    [status]="--server --token-file --tls --tls-ca --json"
    [dead-letters]="--topic --partition --offset --limit --server --token-file --tls --tls-ca --json"
    [offsets]="--data --topic --partition --set"
    [checkpoint]="--server --token-file --tls --tls-ca --json"
    [backup]="--keep --rate --server --token-file --tls --tls-ca --json"
    [backups]="--json"
    [restore]="--data --id"
    [verify]="--data --json"
    [token]="add list remove"
    [version]=""
  )
  COMPREPLY=()
  case $prev in
    --config|--file|--token-file|--tls-ca) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    --data) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    --ack) mapfile -t COMPREPLY < <(compgen -W "durable memory" -- "$cur"); return ;;
    --fill) mapfile -t COMPREPLY < <(compgen -W "none previous null" -- "$cur"); return ;;
    --format) [[ ${COMP_WORDS[1]} == produce ]] && { mapfile -t COMPREPLY < <(compgen -W "json binary" -- "$cur"); return; }
      mapfile -t COMPREPLY < <(compgen -W "table json csv ccxt" -- "$cur"); return ;;
    --interval)
      mapfile -t COMPREPLY < <(compgen -W "auto finest 1s 1m 5m 15m 1h 4h 1d 1w 1M" -- "$cur"); return ;;
  esac
  local command=${COMP_WORDS[1]}
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W "${!options[*]} --help --version" -- "$cur")
  elif [[ $command == reference && $COMP_CWORD -gt 2 && $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "--server --token-file --tls --tls-ca --json --help" -- "$cur")
  elif [[ $command == bench && $COMP_CWORD -eq 2 && $cur != -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "ingest latest multi candles mixed" -- "$cur")
  elif [[ $cur != -* && $command == @(backup|backups|restore) ]]; then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -d -- "$cur")
  elif [[ $command == token && $COMP_CWORD -gt 2 ]]; then
    mapfile -t COMPREPLY < <(compgen -W "--file --scopes --help" -- "$cur")
  elif [[ $cur != -* && ($command == @(ingest|produce) || (${COMP_WORDS[2]} == replace)) ]]; then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
  elif [[ -v options[$command] && ($cur == -* || (($command == reference || $command == token) && $COMP_CWORD -eq 2)) ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${options[$command]} --help" -- "$cur")
  fi
}
complete -F _wick wick
