(* trial: good; OCaml, a thread per client *)
(* fair: come_and_go; it grows by 11 KiB with each client, for ever: 60,000 clients, 656 MB *)
(* build: ocamlopt -w -24 -I +threads unix.cmxa threads.cmxa ocaml-threads.ml -o ocaml-threads *)

let rec write_all fd buf off len =
  if len > 0 then
    let n = Unix.write fd buf off len in
    write_all fd buf (off + n) (len - n)

let echo fd =
  let buf = Bytes.create 65536 in
  let rec loop () =
    let n = Unix.read fd buf 0 (Bytes.length buf) in
    if n > 0 then (write_all fd buf 0 n; loop ())
  in
  (try loop () with Unix.Unix_error _ -> ());
  Unix.close fd

let rec serve listener =
  (match Unix.accept ~cloexec:true listener with
   | fd, _ ->
     (try ignore (Thread.create echo fd)
      with Failure _ | Sys_error _ -> Unix.close fd)
   | exception Unix.Unix_error ((Unix.EINTR | Unix.ECONNABORTED), _, _) -> ()
   | exception Unix.Unix_error (e, _, _) ->
     prerr_endline ("accept: " ^ Unix.error_message e);
     Thread.delay 0.1);
  serve listener

let port_of_arg s =
  if s <> "" && String.for_all (fun c -> c >= '0' && c <= '9') s
  then match int_of_string_opt s with
    | Some p when p <= 65535 -> Some p
    | _ -> None
  else None

let () =
  match Array.to_list Sys.argv |> List.tl |> List.map port_of_arg with
  | [ Some port ] ->
    Sys.set_signal Sys.sigpipe Sys.Signal_ignore;
    let fd = Unix.socket ~cloexec:true Unix.PF_INET Unix.SOCK_STREAM 0 in
    (try
       Unix.setsockopt fd Unix.SO_REUSEADDR true;
       Unix.bind fd (Unix.ADDR_INET (Unix.inet_addr_loopback, port));
       Unix.listen fd 128
     with Unix.Unix_error (e, f, _) ->
       prerr_endline (f ^ ": " ^ Unix.error_message e);
       exit 1);
    serve fd
  | _ ->
    prerr_endline "usage: ocaml-threads PORT";
    exit 2
