# Completion of @PROGRAM@ for bash, made by: @COMMAND@

@FUNCTION@_node() {
    commands='' aliases='' options='' values='' arguments='' repeated=''
    case $1 in
@NODES@
    esac
}

@FUNCTION@_value_of() {
    # Sets kind to what an option of this command takes; fails when it takes nothing.
    local entry
    for entry in $values $shared_values; do
        if [[ $entry == "$1="* ]]; then
            kind=${entry#*=}
            return 0
        fi
    done
    return 1
}

@FUNCTION@_enter() {
    # Goes on to a command; fails when there is none of this name.
    local entry
    for entry in $aliases; do
        [[ $entry == "$1="* ]] && set -- "${entry#*=}"
    done
    for entry in $commands; do
        if [[ $entry == "$1" ]]; then
            node+=" $1"
            @FUNCTION@_node "$node"
            return 0
        fi
    done
    return 1
}

@FUNCTION@_offer() {
    # Offers those words that begin with the word at the cursor.
    local word
    for word in $1; do
        [[ $word == "$current"* ]] && COMPREPLY+=("$word")
    done
}

@FUNCTION@_ask() {
    local word
    while IFS=$'\t' read -r word _; do
        # Names may hold anything: what is inserted must stay one word that means itself.
        [[ -n $word ]] && printf -v word %q "$word" && COMPREPLY+=("$word")
    done < <(command "${program/#\~/$HOME}" __complete "$1" "$current" "${words[@]:1}" 2>/dev/null </dev/null)
}

@FUNCTION@_offer_kind() {
    case $1 in
        :file) compopt -o default 2>/dev/null ;;
        :directory) compopt -o dirnames 2>/dev/null ;;
        :run)
            @FUNCTION@_ask workflow
            compopt -o default 2>/dev/null
            ;;
        :workflow | :job | :job-name) @FUNCTION@_ask "${1#:}" ;;
        :any) ;;
        *) @FUNCTION@_offer "${1//|/ }" ;;
    esac
}

@FUNCTION@() {
    local IFS=$' \t\n' program=${COMP_WORDS[0]} node='@PROGRAM@'
    local commands aliases options values arguments repeated kind=''
    local shared_options='@SHARED_OPTIONS@'
    local shared_values='@SHARED_VALUES@'
    local -a words=() before=()
    local index glue='' word current='' pending='' only_arguments='' position=0
    COMPREPLY=()

    # bash takes --name=value and http://host:port apart: put them together again.
    for ((index = 0; index <= COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        if [[ -n $glue || ($word == [=:]* && ${#words[@]} -gt 1) ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
        glue=''
        [[ $word == *[=:] && ${#words[@]} -gt 1 ]] && glue=yes
    done
    index=$((${#words[@]} - 1))
    current=${words[index]}
    unset "words[index]"

    @FUNCTION@_node "$node"
    for word in "${words[@]:1}"; do
        if [[ -n $pending ]]; then
            pending=''
        elif [[ $word == -- ]]; then
            only_arguments=yes
        elif [[ $word == -* && -z $only_arguments ]]; then
            [[ $word != *=* ]] && @FUNCTION@_value_of "$word" && pending=$kind
        elif ! @FUNCTION@_enter "$word"; then
            position=$((position + 1))
        fi
    done

    if [[ -n $pending ]]; then
        @FUNCTION@_offer_kind "$pending"
    elif [[ $current == --*=* && -z $only_arguments ]]; then
        word=${current%%=*}
        current=${current#*=}
        @FUNCTION@_value_of "$word" && @FUNCTION@_offer_kind "$kind"
    elif [[ $current == -* && -z $only_arguments ]]; then
        @FUNCTION@_offer "$options $shared_options"
    elif [[ -n $commands ]]; then
        @FUNCTION@_offer "$commands"
    else
        set -- $arguments
        [[ -n $repeated && $position -ge $# ]] && position=$(($# - 1))
        [[ $position -lt $# ]] && shift "$position" && @FUNCTION@_offer_kind "$1"
    fi
}

complete -F @FUNCTION@ @PROGRAM@
