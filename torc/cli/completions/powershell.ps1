# Completion of @PROGRAM@ for PowerShell, made by: @COMMAND@
Register-ArgumentCompleter -Native -CommandName '@PROGRAM@' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $nodes = @{
@NODES@
    }
    $sharedOptions = @(
@SHARED_OPTIONS@
    )
    $sharedValues = @(
@SHARED_VALUES@
    )
    # Tables of this language do not tell capitals from small letters.
    function Find($pairs, $name) {
        foreach ($pair in $pairs) { if ($pair[0] -ceq $name) { return $pair[1] } }
    }

    $path = '@PROGRAM@'
    $pending = ''
    $onlyArguments = $false
    $position = 0
    $typed = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })
    foreach ($word in $typed) {
        $node = $nodes[$path]
        if ($pending) {
            $pending = ''
        } elseif ($word -ceq '--') {
            $onlyArguments = $true
        } elseif ($word.StartsWith('-') -and -not $onlyArguments) {
            $pending = Find ($node.values + $sharedValues) $word
        } else {
            $meant = Find $node.aliases $word
            $name = if ($meant) { $meant } else { $word }
            if ($nodes.ContainsKey("$path $name")) {
                $path = "$path $name"
            } else {
                $position += 1
            }
        }
    }

    $node = $nodes[$path]
    $kind = $pending
    $offers = @()
    if ($pending) {
        # Handled below.
    } elseif ($wordToComplete.StartsWith('-') -and -not $onlyArguments) {
        $offers = $node.options + $sharedOptions
    } elseif ($node.commands.Count -gt 0) {
        $offers = $node.commands
    } elseif ($position -lt $node.arguments.Count) {
        $kind = $node.arguments[$position]
    } elseif ($node.repeated) {
        $kind = $node.arguments[-1]
    }
    if ($kind -and -not $kind.StartsWith(':')) {
        $offers = $kind.Split('|') | ForEach-Object { , @($_, $_) }
    } elseif ($kind -in ':file', ':directory', ':run') {
        [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete)
    }
    $offers | Where-Object { $_ -and $_[0].StartsWith($wordToComplete, [StringComparison]::Ordinal) } | ForEach-Object {
        $type = if ($_[0].StartsWith('-')) { 'ParameterName' } else { 'ParameterValue' }
        [System.Management.Automation.CompletionResult]::new($_[0], $_[0], $type, $_[1])
    }
}
