#!/usr/bin/env escript
%% trial: good; Erlang (escript), a process per client, passive sockets
%% fair: no_stall; TCP_NODELAY is not set
%%! +Bd -noinput
main([Arg]) ->
    case string:to_integer(Arg) of
        {Port, ""} when Port >= 0, Port =< 65535 -> listen(Port);
        _ -> fail("bad port: ~ts~n", [Arg])
    end;
main(_) ->
    fail("usage: erlang-processes.erl PORT~n", []).

fail(Format, Args) ->
    io:format(standard_error, Format, Args),
    halt(1).

listen(Port) ->
    Options = [binary, {ip, {127, 0, 0, 1}}, {active, false}, {reuseaddr, true},
               {backlog, 128}, {exit_on_close, false}],
    case gen_tcp:listen(Port, Options) of
        {ok, Listener} -> accept(Listener);
        {error, Reason} -> fail("listen: ~ts~n", [inet:format_error(Reason)])
    end.

accept(Listener) ->
    case gen_tcp:accept(Listener) of
        {ok, Socket} ->
            Pid = spawn(fun() -> receive go -> echo(Socket) end end),
            case gen_tcp:controlling_process(Socket, Pid) of
                ok -> Pid ! go;
                {error, _} -> exit(Pid, kill), gen_tcp:close(Socket)
            end;
        {error, _} ->
            receive after 100 -> ok end   % not timer:sleep: loading a module takes a descriptor
    end,
    accept(Listener).

echo(Socket) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, Data} ->
            case gen_tcp:send(Socket, Data) of
                ok -> echo(Socket);
                {error, _} -> gen_tcp:close(Socket)
            end;
        {error, _} ->
            gen_tcp:close(Socket)
    end.
