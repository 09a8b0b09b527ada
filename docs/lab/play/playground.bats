#!/usr/bin/env bats
# docs/play/playground.html against the kernel: docs/lab/play/play-check, and the page's buttons.
# Run by `make attack`, or docs/lab/suite/run-tests docs/lab/play
bats_require_minimum_version 1.5.0
load ../suite/promises
load ../core/chromium

PAGE=$ROOT/docs/play/playground.html

# mutant RULE WRONG: a page with this line of the model changed is found out.
mutant() {
    local status=0
    awk -v rule="$1" -v wrong="$2" '
        (i = index($0, rule)) { $0 = substr($0, 1, i - 1) wrong substr($0, i + length(rule)); n++ }
        { print }
        END { exit n != 1 }' "$PAGE" >"$TMP/wrong.html"
    "$LAB/play/play-check" -n 100 -p "$TMP/wrong.html" >"$TMP/out" || status=$?
    cat "$TMP/out"
    [ "$status" -eq 1 ]
    grep -Eq '^[0-9]+ scripts, [0-9]+ events compared, [1-9][0-9]* differences$' "$TMP/out"
    [ "$(sed -n 's/^\([a-z]*\)  .*/\1/p' "$TMP/out" | tr '\n' ' ')" = "script kernel page " ]
}

@test "playground: 500 random scripts and every scene, and the kernel says the same" {
    need_chromium
    "$LAB/play/play-check" -n 500 -s 7 >"$TMP/out" || { cat "$TMP/out" && return 1; }
    grep -Eq '^5[0-9]+ scripts, [0-9]{4,} events compared, 0 differences$' "$TMP/out"
}

@test "playground: a model where only the first arrival is an edge is found" {
    need_chromium
    mutant '"bytes came", ["IN", "PRI"]' '"bytes came", c.bytes > number ? ["no"] : ["IN", "PRI"]'
}

@test "playground: a model where a level goes back to the front is found" {
    need_chromium
    mutant 'state.ready.push(name); // to be' 'state.ready.unshift(name); // to be'
}

@test "playground: a model where a FIN hangs up is found" {
    need_chromium
    mutant 'if (ended && shut)' 'if (ended)'
}

@test "playground: its buttons play every scene as the model does, with and without the challenge" {
    need_chromium
    cat "$PAGE" - >"$TMP/driven.html" <<'PAGE'
<pre id="driven"></pre><script>
const driven = [], fails = (name, what) => driven.push(`FAILED ${name}: ${what}`);
addEventListener("error", event => fails("error", event.message));
function drive(scene, challenge) {
    const [name, script] = scenes[scene];
    $("challenge").checked = challenge;
    $("scene").value = scene;
    $("scene").onchange();
    for (let n = 0; n < 50 && !$("next").disabled; n++) {
        $("next").click();
        const wanted = pending && step(state, pending).answer;
        for (const button of [...$("choices").children].filter(() => pending))
            if (button.textContent === (wanted === "-" ? "nothing: it sleeps" : named(wanted)))
                button.click();
        if (pending) fails(name, "the right answer is not offered: " + wanted);
    }
    if (at < steps.length) fails(name, "it cannot be played to its end");
    if (challenge && right !== asked) fails(name, `${right} of ${asked}`);
    // What woke a sleeper stands in place of its sleep.
    const answers = entries.map(([head]) => head).reverse().join("\n")
        .replace(/ -> nothing: it sleeps\n(.*\n)*?(?=\S+ wakes)/g, "\n").split("\n")
        .filter(head => head.includes(" -> ") && !head.includes("timeout"))
        .map(head => head.split(" -> ")[1].replace("nothing: it sleeps", "-")).join("; ");
    if (answers !== named(play(script))) fails(name, answers);
    driven.push(`scene ${name}: played`);
}
for (let scene = 0; scene < scenes.length; scene++)
    for (const challenge of [false, true]) drive(scene, challenge);
$("driven").textContent = "\n" + driven.join("\n") + "\n";
</script>
PAGE
    opened "$TMP/driven.html"
    grep '^FAILED' "$TMP/dom" && return 1
    cat "$TMP/console"
    [ ! -s "$TMP/console" ]
    [ "$(grep -c '^scene .*: played$' "$TMP/dom")" -eq "$((2 * $(awk '/id="scenes"/ { on = 1; next } /<\/script>/ { on = 0 } on' "$PAGE" | wc -l)))" ]
}

@test "playground: the page asks for nothing from a network, and stays below 700 lines" {
    [ "$(wc -l <"$PAGE")" -le 700 ]
    grep -q "default-src 'none'" "$PAGE"
    run -1 grep -nE '(src|href)="?(https?:)?//|@import|url\(' "$PAGE"
}

@test "playground: the same seed has the same scripts, another has others" {
    "$LAB/play/play-check" -l -n 50 -s 5 >"$TMP/5"
    "$LAB/play/play-check" -l -n 50 -s 5 >"$TMP/5again"
    "$LAB/play/play-check" -l -n 50 -s 6 >"$TMP/6"
    cmp "$TMP/5" "$TMP/5again"
    run -1 cmp -s "$TMP/5" "$TMP/6"
}

@test "playground: play.c prints what the kernel says; a step that cannot be played ends it" {
    local said
    said=$(echo 'edge: A asks IN, A peer sends 4, ?, A recv 2, ?, ?? A peer sends 1' | "$LAB/play/play")
    [ "$said" = 'A IN; 2; -; A IN' ]
    run -2 --separate-stderr "$LAB/play/play" <<<'edge: A asks IN, A peer sings'
    # shellcheck disable=SC2154 # run sets it
    [ "${#stderr_lines[@]}" -eq 1 ]
    "$LAB/play/play" -h | grep -q '^usage: '
    run -2 "$LAB/play/play" x
}

@test "playground: wrong use of play-check is refused in one line, -h tells the use" {
    local arguments status
    "$LAB/play/play-check" -h | grep -q '^usage: '
    for arguments in '-n x' '-n' '-s -1' '-x' 'file' '-p /nowhere'; do
        status=0
        # shellcheck disable=SC2086 # the words are the arguments
        "$LAB/play/play-check" $arguments </dev/null >"$TMP/out" 2>"$TMP/err" || status=$?
        [ "$status" -eq 2 ] && [ ! -s "$TMP/out" ] && [ "$(wc -l <"$TMP/err")" -eq 1 ] || {
            echo "play-check $arguments: status $status" && cat "$TMP/err" && return 1
        }
    done
}
