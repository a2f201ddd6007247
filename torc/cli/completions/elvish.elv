# Completion of @PROGRAM@ for Elvish, made by: @COMMAND@
use path
use str

var nodes = [
@NODES@
]
var shared-options = [@SHARED_OPTIONS@]
var shared-values = [@SHARED_VALUES@]

fn offer {|pairs|
    for pair $pairs {
        edit:complex-candidate $pair[0] &display=(if (eq $pair[1] '') { put $pair[0] } else { put $pair[0]'  '$pair[1] })
    }
}

fn offer-kind {|kind current prefix|
    if (has-value [:file :directory :run] $kind) {
        edit:complete-filename $current
    } elif (not (str:has-prefix $kind ':')) {
        for word [(str:split '|' $kind)] { edit:complex-candidate $prefix''$word }
    }
}

fn value-of {|node option|
    if (has-key $node[values] $option) {
        put $node[values][$option]
    } elif (has-key $shared-values $option) {
        put $shared-values[$option]
    } else {
        put ''
    }
}

fn complete {|@words|
    var path = '@PROGRAM@'
    var node = $nodes[$path]
    var pending = ''
    var only-arguments = $false
    var position = (num 0)
    for word $words[1..-1] {
        if (not-eq $pending '') {
            set pending = ''
        } elif (eq $word '--') {
            set only-arguments = $true
        } elif (and (str:has-prefix $word '-') (not $only-arguments)) {
            if (not (str:contains $word '=')) { set pending = (value-of $node $word) }
        } else {
            var name = $word
            if (has-key $node[aliases] $name) { set name = $node[aliases][$name] }
            if (has-key $nodes $path' '$name) {
                set path = $path' '$name
                set node = $nodes[$path]
            } else {
                set position = (+ $position 1)
            }
        }
    }
    var current = $words[-1]
    if (not-eq $pending '') {
        offer-kind $pending $current ''
    } elif (and (str:has-prefix $current '--') (str:contains $current '=') (not $only-arguments)) {
        var option = [(str:split &max=2 '=' $current)][0]
        offer-kind (value-of $node $option) $current $option'='
    } elif (and (str:has-prefix $current '-') (not $only-arguments)) {
        offer $node[options]
        offer $shared-options
    } elif (> (count $node[commands]) 0) {
        offer $node[commands]
    } elif (< $position (count $node[arguments])) {
        offer-kind $node[arguments][$position] $current ''
    } elif (not-eq $node[repeated] '') {
        offer-kind $node[arguments][-1] $current ''
    }
}

set edit:completion:arg-completer[@PROGRAM@] = $complete~
