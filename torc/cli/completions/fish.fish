# Completion of @PROGRAM@ for fish, made by: @COMMAND@

function @FUNCTION@_node --no-scope-shadowing
    set commands
    set aliases
    set options
    set values
    set arguments
    set repeated
    switch $argv[1]
@NODES@
    end
end

# Sets kind to what an option of this command takes; fails when it takes nothing.
function @FUNCTION@_value_of --no-scope-shadowing
    set -l entry
    for entry in $values $shared_values
        set -l pair (string split -m 1 = -- $entry)
        if test "$pair[1]" = "$argv[1]"
            set kind $pair[2]
            return 0
        end
    end
    return 1
end

# Goes on to a command; fails when there is none of this name.
function @FUNCTION@_enter --no-scope-shadowing
    set -l name $argv[1]
    for entry in $aliases
        set -l pair (string split -m 1 = -- $entry)
        test "$pair[1]" = "$name"; and set name $pair[2]
    end
    for entry in $commands
        if test (string split -m 1 \t -- $entry)[1] = "$name"
            set node "$node $name"
            @FUNCTION@_node $node
            return 0
        end
    end
    return 1
end

function @FUNCTION@_offer_kind --no-scope-shadowing
    set -l prefix $argv[2]
    switch $argv[1]
        case :file
            __fish_complete_path $current
        case :directory
            __fish_complete_directories $current ''
        case :run
            command $program __complete workflow "$current" $typed 2>/dev/null </dev/null
            __fish_complete_path $current
        case :workflow :job :job-name
            for line in (command $program __complete (string sub -s 2 -- $argv[1]) "$current" $typed 2>/dev/null </dev/null)
                echo $prefix$line
            end
        case :any
        case '*'
            for word in (string split '|' -- $argv[1])
                echo $prefix$word
            end
    end
end

function @FUNCTION@
    set -l typed (commandline -opc)
    set -l program $typed[1]
    set -e typed[1]
    set -l current (commandline -ct)
    set -l node '@PROGRAM@'
    set -l commands
    set -l aliases
    set -l options
    set -l values
    set -l arguments
    set -l repeated
    set -l kind
    set -l pending
    set -l only_arguments
    set -l position 1
    set -l shared_options @SHARED_OPTIONS@
    set -l shared_values @SHARED_VALUES@

    @FUNCTION@_node $node
    for word in $typed
        if test -n "$pending"
            set pending
        else if test "$word" = --
            set only_arguments yes
        else if test -z "$only_arguments"; and string match -q -- '-*' $word
            if not string match -q -- '*=*' $word; and @FUNCTION@_value_of $word
                set pending $kind
            end
        else if not @FUNCTION@_enter $word
            set position (math $position + 1)
        end
    end

    if test -n "$pending"
        @FUNCTION@_offer_kind $pending ''
    else if test -z "$only_arguments"; and string match -q -- '--*=*' $current
        set -l pair (string split -m 1 = -- $current)
        set current $pair[2]
        @FUNCTION@_value_of $pair[1]; and @FUNCTION@_offer_kind $kind "$pair[1]="
    else if test -z "$only_arguments"; and string match -q -- '-*' $current
        printf '%s\n' $options $shared_options
    else if test (count $commands) -gt 0
        printf '%s\n' $commands
    else if test $position -le (count $arguments)
        @FUNCTION@_offer_kind $arguments[$position] ''
    else if test -n "$repeated"
        @FUNCTION@_offer_kind $arguments[-1] ''
    end
end

complete -c @PROGRAM@ -f -k -a '(@FUNCTION@)'
