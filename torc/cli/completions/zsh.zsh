#compdef @PROGRAM@
# Completion of @PROGRAM@ for zsh, made by: @COMMAND@

@FUNCTION@_node() {
    commands=() aliases=() options=() values=() arguments=() repeated=''
    case $1 in
@NODES@
    esac
}

# Sets kind to what an option of this command takes; fails when it takes nothing.
@FUNCTION@_value_of() {
    local entry
    for entry in $values $shared_values; do
        if [[ $entry == "$1="* ]]; then
            kind=${entry#*=}
            return 0
        fi
    done
    return 1
}

# Goes on to a command; fails when there is none of this name.
@FUNCTION@_enter() {
    local entry name=$1
    for entry in $aliases; do
        [[ $entry == "$name="* ]] && name=${entry#*=}
    done
    for entry in $commands; do
        if [[ ${entry%%:*} == "$name" ]]; then
            node+=" $name"
            @FUNCTION@_node $node
            return 0
        fi
    done
    return 1
}

@FUNCTION@_ask() {
    local line
    local -a names displays
    for line in "${(@f)$(command "$program" __complete $1 "${(Q)PREFIX}" "${(@)typed}" 2>/dev/null </dev/null)}"; do
        [[ -z $line ]] && continue
        names+=("${line%%$'\t'*}")
        displays+=("${line/$'\t'/  -- }")
    done
    # Quoted by compadd. The id of a job whose name is typed takes the place of the name.
    (( $#names )) && { compadd -V "$1" -l -d displays -a names || compadd -U -V "$1" -l -d displays -a names }
}

@FUNCTION@_offer_kind() {
    case $1 in
        :file) _files ;;
        :directory) _files -/ ;;
        :run)
            @FUNCTION@_ask workflow
            _files
            ;;
        :workflow | :job | :job-name) @FUNCTION@_ask ${1#:} ;;
        :any) _message value ;;
        *) compadd -- ${(s:|:)1} ;;
    esac
}

@FUNCTION@() {
    emulate -L zsh
    setopt extended_glob
    local program=${~words[1]} node='@PROGRAM@' word pending='' only_arguments='' repeated kind
    local -a commands aliases options values arguments typed
    local -a shared_options=(
@SHARED_OPTIONS@
    )
    local -a shared_values=(@SHARED_VALUES@)
    integer position=0

    typed=("${(@Q)words[2,CURRENT-1]}")
    @FUNCTION@_node $node
    for word in "${(@)typed}"; do
        if [[ -n $pending ]]; then
            pending=''
        elif [[ $word == -- ]]; then
            only_arguments=yes
        elif [[ $word == -* && -z $only_arguments ]]; then
            [[ $word != *=* ]] && @FUNCTION@_value_of $word && pending=$kind
        elif ! @FUNCTION@_enter $word; then
            (( position += 1 ))
        fi
    done

    if [[ -n $pending ]]; then
        @FUNCTION@_offer_kind $pending
    elif [[ $PREFIX == --*=* && -z $only_arguments ]]; then
        word=${PREFIX%%=*}
        compset -P '*='
        @FUNCTION@_value_of $word && @FUNCTION@_offer_kind $kind
    elif [[ $PREFIX == -* && -z $only_arguments ]]; then
        options+=("${(@)shared_options}")
        _describe option options
    elif (( $#commands )); then
        _describe command commands
    elif (( position < $#arguments )); then
        @FUNCTION@_offer_kind $arguments[position+1]
    elif [[ -n $repeated ]]; then
        @FUNCTION@_offer_kind $arguments[-1]
    fi
}

if [[ $funcstack[1] == @FUNCTION@ ]]; then
    @FUNCTION@ "$@"
else
    compdef @FUNCTION@ @PROGRAM@
fi
