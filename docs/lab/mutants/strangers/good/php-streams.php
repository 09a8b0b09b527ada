<?php // trial: good; PHP, stream_select, one small buffer per client
// fair: no_stall ten_thousand crowd idle_10000 thousand; TCP_NODELAY is not set; select ends at 1,024
$arg = $argv[1] ?? '';
if (!ctype_digit($arg) || (int) $arg > 65535) {
    fwrite(STDERR, "usage: {$argv[0]} PORT\n");
    exit(2);
}
$server = @stream_socket_server(
    "tcp://127.0.0.1:$arg", $errno, $error,
    STREAM_SERVER_BIND | STREAM_SERVER_LISTEN,
    stream_context_create(['socket' => ['backlog' => 128]])
);
if (!$server) {
    fwrite(STDERR, "{$argv[0]}: cannot listen on $arg: $error\n");
    exit(1);
}
stream_set_blocking($server, false);

const MAX_CLIENTS = 1000;   // stream_select() has room for 1024 descriptors
$clients = [];              // id => stream
$owed = [];                 // id => what is to be sent yet
$paused = false;

while (true) {
    $read = $paused ? [] : [$server];
    $write = [];
    foreach ($clients as $id => $client) {
        if ($owed[$id] === '') {
            $read[] = $client;
        } else {
            $write[] = $client;
        }
    }
    $except = null;
    if (!$read && !$write) {
        usleep(200000);
    } elseif (@stream_select($read, $write, $except, $paused ? 1 : null) === false) {
        continue;
    }
    $paused = false;

    foreach (array_merge($read, $write) as $stream) {
        if ($stream === $server) {
            $client = @stream_socket_accept($server, 0);
            if (!$client) {
                $paused = true;
            } elseif (count($clients) >= MAX_CLIENTS) {
                fclose($client);
            } else {
                stream_set_blocking($client, false);
                stream_set_read_buffer($client, 0);
                $clients[(int) $client] = $client;
                $owed[(int) $client] = '';
            }
            continue;
        }
        $id = (int) $stream;
        $gone = false;
        if ($owed[$id] === '') {
            $owed[$id] = (string) @fread($stream, 65536);
            $gone = $owed[$id] === '' && feof($stream);
        }
        if ($owed[$id] !== '') {
            $sent = @fwrite($stream, $owed[$id]);
            $gone = $sent === false;
            $owed[$id] = substr($owed[$id], (int) $sent);
        }
        if ($gone) {
            unset($clients[$id], $owed[$id]);
            fclose($stream);
        }
    }
}
