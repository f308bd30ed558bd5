% SWI-Prolog: library(http/websocket).
:- use_module(library(http/websocket)).
:- use_module(library(http/http_stream)). % without it the request is HTTP/1.0
:- use_module(library(readutil)).
:- initialization(main, main).

main([URL]) :-
    set_stream(user_output, encoding(octet)),
    findall(Option, option(Option), Options),
    catch(http_open_websocket(URL, WebSocket, Options), Error, (say_error(Error), halt)),
    stream_pair(WebSocket, In, _),
    ( ws_property(In, subprotocol(Protocol)), Protocol \== null -> true ; Protocol = '' ),
    say("open ~w", [Protocol]),
    thread_create(catch(send_all(WebSocket), _, true), _, [detached(true)]), % an error is that it is closed
    ( getenv('WS_RECEIVE', Text) -> atom_number(Text, Messages) ; Messages = inf ),
    ( getenv('WS_PING', _), Messages \== inf -> ToCome is Messages + 1 ; ToCome = Messages ),
    catch(talk(WebSocket, ToCome), Error, say_error(Error)),
    halt.

option(subprotocols(Protocols)) :- getenv('WS_PROTOCOLS', Text), atomic_list_concat(Protocols, ',', Text).
option(request_header('Origin' = Origin)) :- getenv('WS_ORIGIN', Origin).
option(cacerts([file(File)])) :- getenv('WS_CA', File).
option(request_header(Name = Value)) :-
    getenv('WS_HEADERS', Text),
    split_string(Text, "\n", "", Lines),
    member(Line, Lines),
    once(sub_string(Line, Before, _, After, ": ")),
    sub_atom(Line, 0, Before, _, Name),
    sub_atom(Line, _, After, 0, Value).

send_all(WebSocket) :-
    forall(getenv('WS_PING', Payload), ws_send(WebSocket, ping(Payload))),
    forall(( getenv('WS_SEND', Text), atomic_list_concat(Files, ' ', Text), member(File, Files) ),
           send_file(WebSocket, File)).

send_file(WebSocket, File) :-
    ( sub_atom(File, _, _, 0, '.txt') -> Type = text, Encoding = utf8 ; Type = binary, Encoding = octet ),
    read_file_to_string(File, Data, [encoding(Encoding)]),
    Message =.. [Type, Data],
    ws_send(WebSocket, Message).

talk(WebSocket, 0) :-
    !,
    (   getenv('WS_CLOSE_CODE', Text)
    ->  atom_number(Text, Code),
        ( getenv('WS_CLOSE_REASON', Reason) -> true ; Reason = '' ),
        ws_close(WebSocket, Code, Reason), % which waits for the server's
        say("closed ~w - ", [Code])
    ;   ws_send(WebSocket, _{opcode: close}),
        talk(WebSocket, inf)
    ).
talk(WebSocket, ToCome) :-
    ws_receive(WebSocket, Message),
    (   Message.opcode == close
    ->  ( Code = Message.get(code) -> true ; Code = 1006 ),
        say("closed ~w - ~w", [Code, Message.data])
    ;   say_message(Message.opcode, Message.data),
        ( ToCome == inf -> Rest = inf ; Rest is ToCome - 1 ),
        talk(WebSocket, Rest)
    ).

say_message(text, Data) :-
    string_bytes(Data, Bytes, utf8),
    length(Bytes, Length),
    say("text ~w", [Length]),
    format("~s", [Bytes]), flush_output.
say_message(pong, Data) :- say("pong ~w", [Data]).
say_message(binary, Data) :-
    string_length(Data, Length),
    say("binary ~w", [Length]),
    write(Data), flush_output.

say(Format, Arguments) :- format(Format, Arguments), nl, flush_output.
say_error(Error) :- message_to_string(Error, Text), say("failed ~w", [Text]).
