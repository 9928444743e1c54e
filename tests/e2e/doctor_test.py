#!/usr/bin/env python3
"""The signature doctor and the token doctor of the real binary. Every mistake is made here by independent code.

    doctor_test.py BINARY [case…]
"""
import base64
import gzip
import hashlib
import hmac
import json
import os
import subprocess
import tempfile
import time
import zlib

from sandbox_process import PATIENCE, Sandbox, expect, main

SECRET = "whsec_0a1b2c3d4e5f60718293a4b5c6d7e8f9"
T = "1767225600"
NOW = "2026-01-01T00:00:00Z"  # the same
EVENT = {
    "eventId": "wde_00000000000000aa", "eventType": "subscription.created", "occurredAt": "2026-01-01T10:20:30.000Z",
    "data": {"subscriptionSlug": "sub_1", "spvSlug": "veh_1", "personId": "psn_1",
             "lumpSum": {"currency": "USD", "value": "1500.500"}, "shareClassSlug": "sc_zürich", "status": "pending",
             "note": "a/b <c> & 'd' + \"e\" 😀"},
}
BODY = json.dumps(EVENT, separators=(",", ":"), ensure_ascii=False).encode()


def mac(key, message, algorithm=hashlib.sha256):
    return hmac.new(key, message, algorithm)


def signed(key=SECRET.encode(), message=None, algorithm=hashlib.sha256):
    return mac(key, T.encode() + b"." + BODY if message is None else message, algorithm).hexdigest()


def over(body):
    return signed(message=T.encode() + b"." + (body if isinstance(body, bytes) else body.encode()))


HEADER = f"t={T},v1={signed()}"


def doctor(binary, computed=None, body=BODY, secret=SECRET, header=HEADER, code=1, options=()):
    """The ids of each finding, the fewest mistakes first; its texts never hold the secret."""
    command = [binary, "verify", "-", "--secret", secret, "--signature", header, "--at", NOW, "--explain", "--json", *options]
    if computed is not None:
        command += ["--computed", computed]
    ended = subprocess.run(command, input=body, capture_output=True, timeout=PATIENCE, check=False)
    assert ended.returncode == code, (ended.returncode, ended.stdout, ended.stderr)
    answer = json.loads(ended.stdout)
    if len(secret) > 20:
        assert secret not in ended.stdout.decode() and secret[6:] not in ended.stdout.decode()
    return [[name.removeprefix("signature.") for name in finding["ids"]] for finding in answer["findings"]]


def explains(binary, expected, computed=None, **given):
    found = doctor(binary, computed, **given)
    expected = expected.split()
    assert any(sorted(ids) == sorted(expected) for ids in found), f"expected {expected}, found {found}"


def nothing_is_wrong_with_a_good_signature(binary):
    assert doctor(binary, code=0) == []
    assert doctor(binary, computed=signed()) == [["comparison"]]


def every_mistake_with_the_body_is_named(binary):
    dumps = json.dumps
    text = BODY.decode()
    newtonsoft = text.replace("30.000Z", "30Z")
    cases = {
        "body-reserialised": [
            dumps(EVENT), dumps(EVENT, indent=2), dumps(EVENT, indent=4, ensure_ascii=False), dumps(EVENT, indent="\t"),
            dumps(EVENT, sort_keys=True), dumps(EVENT, sort_keys=True, separators=(",", ":"), ensure_ascii=False),
            dumps(EVENT, separators=(",", ":")), text.replace("/", "\\/"), dumps(EVENT, separators=(",", ":")).replace("/", "\\/"),
            text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"), newtonsoft,
            text.replace('"1500.500"', '"1500.5"'), text.replace('"1500.500"', "1500.5"),
            dumps(json.loads(text.replace('"1500.500"', "1500.5"))),
        ],
        "body-part": [dumps(EVENT["data"], separators=(",", ":"), ensure_ascii=False), dumps(EVENT["data"]), EVENT["eventId"]],
        "body-printed": ["[object Object]", "Array", str(BODY), dumps({"type": "Buffer", "data": list(BODY)}, separators=(",", ":"))] + ([str(EVENT)] if "'" not in text else []),
        "body-empty": ["", "undefined", "null", "None"],
        "body-quoted": [dumps(text, ensure_ascii=False)],
        "body-line-ends": [text + "\n", text + "\r\n"],
        "body-byte-order-mark": [b"\xef\xbb\xbf" + BODY],
        "body-charset": [text.encode("latin-1", "replace"), text.encode("ascii", "replace"), text.encode("utf-16-le"),
                         text.encode("utf-16-be"), text.encode("utf-16"), BODY.decode("latin-1").encode(), BODY.decode("ascii", "replace").encode()],
        "body-base64": [base64.b64encode(BODY)],
        "body-escaped": [text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;"),
                         text.replace("\\", "\\\\").replace('"', '\\"').replace("'", "\\'")],
        "body-cut-off": [BODY[:100], BODY[:len(text)]],
    }
    for name, bodies in cases.items():
        for body in bodies:
            explains(binary, name, over(body))


def java_bucket(name, buckets=16):
    value = 0
    for letter in name:
        value = (value * 31 + ord(letter)) & 0xffffffff
    return (value ^ value >> 16) & buckets - 1


def as_java_hash_map(value):
    """What org.json makes of an object: members by the buckets of java.util.HashMap."""
    if isinstance(value, dict):
        return {name: as_java_hash_map(value[name]) for name in sorted(value, key=java_bucket)}
    return value


def with_capitals(value, deep):
    if not isinstance(value, dict):
        return value
    return {name[0].upper() + name[1:]: with_capitals(item, deep) if deep else item for name, item in value.items()}


def other_writers_of_json_are_known(binary):
    def compact(value, **more):
        return json.dumps(value, **{"separators": (",", ":"), "ensure_ascii": False, **more})

    priced = json.loads(compact(EVENT).replace("1500.500", "25000.00"))
    body = compact(priced).encode()
    for written in (compact(priced).replace('"25000.00"', "25000.0"), compact(priced).replace('"25000.00"', '"25000.0"'),
                    compact(priced).replace('"25000.00"', "25000"), json.dumps(priced).replace('"25000.00"', "25000.0"),
                    compact(as_java_hash_map(priced)), compact(as_java_hash_map(priced)).replace("/", "\\/"),
                    compact(with_capitals(priced, False)), compact(with_capitals(priced, True)),
                    compact(with_capitals(priced, True), ensure_ascii=True, indent=2, separators=(",", ": ")),
                    compact(priced).replace("+", "\\u002B").replace('\\"', "\\u0022").replace("'", "\\u0027").replace("&", "\\u0026")
                    .replace("<", "\\u003C").replace(">", "\\u003E").replace("ü", "\\u00FC").replace("😀", "\\uD83D\\uDE00")):
        signature = f"t={T},v1={signed(message=T.encode() + b'.' + body)}"
        explains(binary, "body-reserialised", over(written), body=body, header=signature)


def a_body_that_was_changed_on_its_way_is_told_from_the_header(binary):
    for body in (json.dumps(EVENT, indent=2), json.dumps(EVENT)):
        explains(binary, "body-reserialised", body=body.encode())
    explains(binary, "body-line-ends", body=BODY + b"\n")
    explains(binary, "body-byte-order-mark", body=b"\xef\xbb\xbf" + BODY)
    explains(binary, "body-base64", body=base64.b64encode(BODY))
    explains(binary, "body-charset", body=BODY.decode("latin-1").encode())
    for packed in (gzip.compress(BODY), gzip.compress(BODY, 1), zlib.compress(BODY), gzip.compress(BODY, 0)):
        explains(binary, "body-compressed", body=packed)
    explains(binary, "body-quoted", body=json.dumps(BODY.decode()).encode())
    explains(binary, "unknown", body=BODY.replace(b"psn_1", b"psn_2"))


def every_mistake_with_the_secret_is_named(binary):
    rest = SECRET.removeprefix("whsec_")
    cases = {
        "secret-prefix": [rest],
        "secret-decoded": [bytes.fromhex(rest), base64.b64decode(rest), base64.urlsafe_b64decode(SECRET + "==")],
        "secret-white-space": [SECRET + "\n", SECRET + "\r\n", SECRET + " ", " " + SECRET],
        "secret-quotes": [f'"{SECRET}"', f"'{SECRET}'"],
        "secret-case": [SECRET.upper()],
        "secret-unset": ["", "undefined", "null", "None"],
        "secret-transformed": [hashlib.sha256(SECRET.encode()).digest(), hashlib.sha256(SECRET.encode()).hexdigest(),
                               base64.b64encode(SECRET.encode()), SECRET.encode("utf-16-le"), SECRET[:32]],
    }
    for name, keys in cases.items():
        for key in keys:
            explains(binary, name, signed(key=key if isinstance(key, bytes) else key.encode()))
    for name, given in {"secret-prefix": rest, "secret-white-space": SECRET + "\n", "secret-quotes": f'"{SECRET}"'}.items():
        explains(binary, name, secret=given)


def every_mistake_with_the_signed_text_is_named(binary):
    t, body, now = T.encode(), BODY, str(int(T) + 2).encode()
    cases = {
        "timestamp-left-out": [body, b"." + body],
        "timestamp-milliseconds": [t + b"000." + body],
        "timestamp-own-clock": [now + b"." + body],
        "timestamp-other": [b"NaN." + body, b"undefined." + body, EVENT["occurredAt"].encode() + b"." + body,
                            time.strftime("%Y-%m-%dT%H:%M:%SZ.", time.gmtime(int(T))).encode() + body],
        "dot-missing": [t + body, t + b":" + body, t + b"\n" + body],
        "message-parts": [body + b"." + t, b"v1:" + t + b":" + body, b"t=" + t + b"." + body, HEADER.encode() + b"." + body],
    }
    for name, messages in cases.items():
        for message in messages:
            explains(binary, name, signed(message=message))


def the_whole_text_in_another_charset_or_code_is_named(binary):
    text = f"{T}.{BODY.decode()}"
    for message in (text.encode("utf-16-le"), text.encode("utf-16-be")):
        explains(binary, "message-charset", signed(message=message))
    explains(binary, "message-charset secret-transformed", signed(key=SECRET.encode("utf-16-le"), message=text.encode("utf-16-le")))
    of_java = b"\xfe\xff" + text.encode("utf-16-be")
    explains(binary, "message-charset", signed(message=of_java))
    explains(binary, "message-charset secret-transformed", signed(key=b"\xfe\xff" + SECRET.encode("utf-16-be"), message=of_java))
    explains(binary, "body-base64", signed(message=base64.b64encode(text.encode())))
    explains(binary, "body-escaped", signed(message=text.encode().hex().encode()))


def a_hash_or_an_hmac_too_many_is_named(binary):
    key, message = SECRET.encode(), T.encode() + b"." + BODY
    raw, digits = mac(key, message).digest(), mac(key, message).hexdigest().encode()
    of_message = hashlib.sha256(message)
    for computed in (signed(message=raw), signed(message=digits), hashlib.sha256(raw).hexdigest(), hashlib.sha256(digits).hexdigest(),
                     signed(message=of_message.digest()), signed(message=of_message.hexdigest().encode())):
        explains(binary, "hashed-twice", computed)
    rest = SECRET.removeprefix("whsec_").encode()
    explains(binary, "hashed-twice secret-prefix", mac(rest, mac(rest, message).digest()).hexdigest())
    explains(binary, "hashed-twice timestamp-left-out", signed(message=hashlib.sha256(BODY).hexdigest().encode()))
    explains(binary, "digest-upper-case hashed-twice", signed(message=raw).upper())
    # A key of its own for each webhook, as clouds derive theirs.
    explains(binary, "secret-transformed timestamp-left-out", signed(key=mac(key, T.encode()).digest(), message=BODY))


def other_things_of_the_request_in_the_signed_text_are_named(binary):
    event, t, body = EVENT["eventId"].encode(), T.encode(), BODY
    explains(binary, "timestamp-other", signed(message=event + b"." + body))
    explains(binary, "timestamp-other dot-missing", signed(message=event + body))
    explains(binary, "timestamp-other", signed(message=EVENT["eventType"].encode() + b"." + body))
    explains(binary, "timestamp-other secret-prefix", signed(key=SECRET.removeprefix("whsec_").encode(), message=event + b"." + body))
    for message in (event + b"." + t + b"." + body, t + b"." + event + b"." + body):
        explains(binary, "message-parts", signed(message=message))
    url = b"https://portal.example/hooks/zest?a=1"
    path = b"/hooks/zest?a=1"
    for message in (url + body, url + b"." + body, t + b"." + url + b"." + body, path + body, t + b"." + path + b"." + body, t + b"POST" + path + body):
        explains(binary, "message-parts", signed(message=message), options=("--endpoint", url.decode()))
        assert doctor(binary, signed(message=message)) == [["unknown"]], "it cannot know the URL"


def every_mistake_with_the_digest_is_named(binary):
    key, message = SECRET.encode(), T.encode() + b"." + BODY
    good = mac(key, message)
    raw = good.digest()
    cases = {
        "key-and-message-swapped": [mac(message, key).hexdigest()],
        "hash-without-hmac": [hashlib.sha256(message).hexdigest(), hashlib.sha256(key + message).hexdigest(),
                              hashlib.sha256(message + key).hexdigest()],
        "algorithm": [mac(key, message, name).hexdigest() for name in ("sha1", "sha512", "sha384", "sha224", "md5")],
        "digest-upper-case": [good.hexdigest().upper()],
        "digest-base64": [base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode(),
                          base64.b64encode(raw).decode().rstrip("="), base64.b64encode(good.hexdigest().encode()).decode()],
        "digest-prefix": ["v1=" + good.hexdigest(), "sha256=" + good.hexdigest(), HEADER],
        "digest-form": [raw[::-1].hex(), ",".join(map(str, raw)), str(list(raw)), "[" + " ".join(map(str, raw)) + "]",
                        str([byte - 256 if byte > 127 else byte for byte in raw]), raw.decode("utf-8", "replace"), "[B@6d06d69c", "System.Byte[]",
                        "[object ArrayBuffer]", "undefined", "".join(f"{byte:x}" for byte in raw) + ("" if any(b < 16 for b in raw) else "\n"),
                        good.hexdigest() + "\n", f'"{good.hexdigest()}"', good.hexdigest()[:32]],
    }
    for name, texts in cases.items():
        for text in texts:
            explains(binary, name, text)
    explains(binary, "digest-prefix", f"HMAC-SHA2-256(stdin)= {good.hexdigest()}")
    explains(binary, "digest-form", (BODY + mac(key, T.encode() + b".").digest()).hex())  # mac.Sum(body) of Go
    explains(binary, "digest-form digest-upper-case", "-".join(f"{byte:02X}" for byte in raw))
    explains(binary, "digest-base64 algorithm", base64.b64encode(mac(key, message, "sha1").digest()).decode())


def pairs_of_mistakes_are_named(binary):
    rest = SECRET.removeprefix("whsec_").encode()
    indented = json.dumps(EVENT, indent=2).encode()
    t = T.encode() + b"."
    for expected, computed in {
        "secret-prefix body-reserialised": signed(key=rest, message=t + indented),
        "secret-prefix digest-upper-case": signed(key=rest).upper(),
        "secret-white-space timestamp-left-out": signed(key=SECRET.encode() + b"\n", message=BODY),
        "secret-decoded dot-missing": signed(key=bytes.fromhex(rest.decode()), message=T.encode() + BODY),
        "body-reserialised body-line-ends": signed(message=t + indented + b"\n"),
        "secret-quotes secret-white-space": signed(key=f'"{SECRET}"\n'.encode()),
        "timestamp-milliseconds algorithm": signed(message=T.encode() + b"000." + BODY, algorithm="sha512"),
        "body-empty secret-unset": signed(key=b"undefined", message=t),
        "body-part dot-missing": signed(message=T.encode() + json.dumps(EVENT["data"]).encode()),
        "timestamp-left-out hash-without-hmac": hashlib.sha256(SECRET.encode() + BODY).hexdigest(),
    }.items():
        explains(binary, expected, computed)
    explains(binary, "secret-prefix body-line-ends", body=BODY + b"\n", secret=rest.decode())


def mistakes_with_the_header_and_the_clock_are_named(binary):
    explains(binary, "header-version", header=f"t={T},v0={signed()}")
    explains(binary, "header-version", "ab" * 32, header=HEADER + ",v2=" + "ab" * 32)
    explains(binary, "header-form", header=f"v1={signed()}")
    explains(binary, "header-form", header=f'"{HEADER}"')
    explains(binary, "header-form", header="Zest-Signature: " + HEADER)
    explains(binary, "timestamp-milliseconds", header=f"t={T}000,v1={signed(message=(T + '000.').encode() + BODY)}")
    for seconds in (-400, 400):
        at = str(int(T) + seconds)
        explains(binary, "clock-too-far-off", header=f"t={at},v1={signed(message=(at + '.').encode() + BODY)}")


def lines_of_code_are_named_for_seven_languages(binary):
    command = [binary, "verify", "-", "--secret", SECRET, "--signature", HEADER, "--at", NOW, "--computed", over(json.dumps(EVENT))]
    ended = subprocess.run(command, input=BODY, capture_output=True, timeout=PATIENCE, check=False)
    text = ended.stdout.decode()
    for line in ("node ", "python ", "php ", "java ", "go ", "csharp ", "ruby ", "json.dumps(request.json)", "signature.body-reserialised"):
        assert line in text, text
    ended = subprocess.run(command + ["--language", "go"], input=BODY, capture_output=True, timeout=PATIENCE, check=False)
    assert b"io.ReadAll" in ended.stdout and b"JSON.stringify" not in ended.stdout, ended.stdout


# Makes JWTs as an application would: [{key, header, claims, input, form}] in, a list of tokens out.
MAKE_TOKENS = """
const crypto = require('crypto');
const of = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const list = JSON.parse(require('fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(list.map(({key, header, claims, input, form}) => {
  const head = of(header), payload = of(claims), signed = `${head}.${payload}`;
  if (form === 'hs256') return `${signed}.${crypto.createHmac('sha256', 'shared').update(signed).digest('base64url')}`;
  if (form === 'none') return `${signed}.`;
  const inputs = {undefined: signed, payload, json: JSON.stringify(claims), sha256: crypto.createHash('sha256').update(signed).digest()};
  const made = crypto.sign(null, Buffer.from(inputs[input]), key);
  if (form === 'hex') return `${signed}.${Buffer.from(made.toString('hex')).toString('base64url')}`;
  if (form === 'base64') return `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64')}.${made.toString('base64')}`;
  return `${signed}.${made.toString('base64url')}`;
})));
"""


def make_tokens(specifications):
    ended = subprocess.run(["node", "-e", MAKE_TOKENS], input=json.dumps(specifications).encode(), capture_output=True,
                           timeout=PATIENCE, check=True)
    return json.loads(ended.stdout)


def explain_token(sandbox, token):
    answer = sandbox.post("/_sandbox/explain", {"token": token})
    ids = sorted(name.removeprefix("token.") for finding in answer["findings"] for name in finding["ids"])
    if token.count(".") == 2 and len(token.split(".")[2]) > 20:
        assert token.split(".")[2] not in json.dumps(answer)
    return ids, answer


def every_mistake_with_an_assertion_is_named(binary):
    with Sandbox(binary) as sandbox:
        made = sandbox.post("/_sandbox/partners", {"clientId": "client_doctor", "name": "Doctor"})
        other = sandbox.post("/_sandbox/partners", {"clientId": "client_other", "name": "Other"})
        key = made["privateKeyPem"]
        now = int(time.time())
        header = {"alg": "EdDSA", "typ": "JWT"}
        claims = {"iss": "https://portal.example", "sub": "client_doctor", "client_id": "client_doctor", "aud": sandbox.url,
                  "iat": now, "exp": now + 60}
        cases = []

        def case(expected, *, drop=(), top=None, **more):
            changed = {name: value for name, value in {**claims, **more.pop("claims", {})}.items() if name not in drop}
            cases.append((expected.split(), {"key": key, "header": {**header, **(top or {})}, "claims": changed, **more}))

        case("")
        case("lifetime-long", claims={"exp": now + 3000})
        case("claim-missing " * 5, drop=("iss", "sub", "aud", "iat", "exp"))
        case("claim-missing", drop=("client_id",))
        case("claim-type claim-type", claims={"iat": str(now), "iss": 7})
        case("subject", claims={"sub": "client_other"})
        for audience in (sandbox.url + "/", sandbox.url + "/v1/oauth2/tokens", "https://api.zestequity.com", "urn:x", [sandbox.url, "x"]):
            case("audience", claims={"aud": audience})
        case("milliseconds milliseconds", claims={"iat": now * 1000, "exp": now * 1000 + 60000})
        case("expired", claims={"iat": now - 900, "exp": now - 840})
        case("issued-in-future", claims={"iat": now + 900, "exp": now + 960})
        case("exp-before-iat", claims={"exp": now, "iat": now + 1})
        case("lifetime", claims={"exp": now + 7200})
        case("not-yet-valid", claims={"nbf": now + 900})
        case("claim-type", claims={"jti": 7})
        case("unknown-client", claims={"sub": "client_docter", "client_id": "client_docter"})
        case("foreign-key", key=other["privateKeyPem"])
        case("algorithm signature-form", top={"alg": "HS256"}, form="hs256")
        case("algorithm signature-form", top={"alg": "none"}, form="none")
        case("critical", top={"crit": ["b64"]})
        for text in ("payload", "json", "sha256"):
            case("signed-input", input=text)
        case("signature-form", form="hex")
        case("audience expired foreign-key subject", key=other["privateKeyPem"],
             claims={"aud": "http://elsewhere", "iat": now - 900, "exp": now - 840, "sub": "client_x"})
        for (expected, _), token in zip(cases, make_tokens([given for _, given in cases])):
            ids, answer = explain_token(sandbox, token)
            assert ids == sorted(expected), (expected, ids, answer)
            # It says what the API does say.
            form = "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=" + token
            said = sandbox.call("POST", "/v1/oauth2/tokens", form.encode(), headers={"Content-Type": "application/x-www-form-urlencoded"})
            assert answer["answer"]["status"] == said.status, (expected, answer["answer"], said)
            assert answer["answer"].get("detail") == said.json.get("detail"), (answer["answer"], said)
            if answer["claims"].get("client_id") == "client_doctor":
                assert len(answer["registeredKey"]["thumbprint"]) == 43
        foreign = make_tokens([{"key": other["privateKeyPem"], "header": header, "claims": claims}])[0]
        assert "client_other" in explain_token(sandbox, foreign)[1]["findings"][0]["sentence"]
        good, plain = make_tokens([{"key": key, "header": header, "claims": claims}, {"key": key, "header": header, "claims": {**claims, "x": "??>>"}, "form": "base64"}])
        assert "wrapped" in explain_token(sandbox, f'"{good}"\n')[0]
        assert "encoding" in explain_token(sandbox, plain)[0]
        assert explain_token(sandbox, good + ".x")[0][0] == "parts"
        assert explain_token(sandbox, "hello")[0] == ["parts"]


def asking_about_a_token_uses_nothing_up(binary):
    with Sandbox(binary) as sandbox:
        made = sandbox.post("/_sandbox/partners", {"clientId": "client_doctor", "name": "Doctor"})
        now = int(time.time())
        claims = {"iss": "x", "sub": "client_doctor", "client_id": "client_doctor", "aud": sandbox.url, "iat": now, "exp": now + 60, "jti": "once"}
        token = make_tokens([{"key": made["privateKeyPem"], "header": {"alg": "EdDSA"}, "claims": claims}])[0]
        for _ in range(2):
            ids, answer = explain_token(sandbox, token)
            assert ids == [] and answer["answer"] == {"status": 201}, answer
        form = "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=" + token
        pair = expect(201, sandbox.call("POST", "/v1/oauth2/tokens", form.encode(), headers={"Content-Type": "application/x-www-form-urlencoded"})).json
        ids, answer = explain_token(sandbox, token)
        assert ids == ["jti-spent"] and answer["answer"]["status"] == 401, answer
        ids, answer = explain_token(sandbox, pair["accessToken"])
        assert ids == [] and answer["kind"] == "access token" and answer["answer"]["status"] == 200, answer
        assert explain_token(sandbox, pair["refreshToken"])[0] == ["refresh-token"]
        sandbox.post("/_sandbox/reset", {"clientId": "client_doctor", "tokens": True})
        assert explain_token(sandbox, pair["accessToken"])[0] == ["access-refused"]


def the_command_explains_a_token_and_compares_the_key_file(binary):
    with Sandbox(binary) as sandbox, tempfile.NamedTemporaryFile("w", suffix=".pem") as key:
        other = sandbox.post("/_sandbox/partners", {"clientId": "client_other", "name": "Other"})
        key.write(other["privateKeyPem"])
        key.flush()
        now = int(time.time())
        claims = {"iss": "x", "sub": "client_acme", "client_id": "client_acme", "aud": sandbox.url, "iat": now, "exp": now + 60}
        token = make_tokens([{"key": other["privateKeyPem"], "header": {"alg": "EdDSA"}, "claims": claims}])[0]
        environment = {**os.environ, "ZEST_PRIVATE_KEY_FILE": ""}
        ended = subprocess.run([str(binary), "token", "--url", sandbox.url, "--explain", "-", "--key", key.name, "--language", "python"],
                               input=token, capture_output=True, text=True, timeout=PATIENCE, check=False, env=environment)
        assert ended.returncode == 1, ended
        for text in ("answer  401 invalid_token: bad signature", "token.key-file", "token.foreign-key", "client_other", "assertion"):
            assert text in ended.stdout, ended.stdout
        assert token.split(".")[2] not in ended.stdout


def the_sandbox_knows_what_it_sent(binary):
    with Sandbox(binary, "--clock", "manual", "--webhook-secret", SECRET) as sandbox:
        sandbox.post("/_sandbox/partners", {"clientId": "client_other", "name": "Other", "webhookSecret": "whsec_of_another_one"})
        sandbox.investors(sandbox.token(), ["one", "two"])
        first, second = (sandbox.get(f"/_sandbox/webhook-deliveries/{each['deliveryId']}") for each in sandbox.deliveries()["documents"])
        t = str(int(time.time()))

        def ask(body, secret=SECRET, signed_with=SECRET, computed=None):
            v1 = mac(signed_with.encode(), f"{t}.{first['body']}".encode()).hexdigest()
            question = {"headers": {"zest-signature": f"t={t},v1={v1}", "Zest-Event-Id": first["deliveryId"]}, "body": body, "secret": secret}
            answer = sandbox.post("/_sandbox/verify", {**question, **({"computed": computed} if computed else {})})
            return [finding["ids"][0].removeprefix("signature.") for finding in answer["findings"]], answer

        assert ask(first["body"])[0] == []
        assert ask(second["body"])[0] == ["body-changed"]
        changed = ask(first["body"].replace("Ada", "Bob"))
        assert changed[0] == ["body-changed"] and "at byte" in changed[1]["findings"][0]["sentence"], changed
        assert ask(json.dumps(json.loads(first["body"]), indent=2))[0] == ["body-reserialised"]
        assert ask(first["body"], secret="whsec_of_another_one")[0] != []
        found = ask(first["body"], signed_with="whsec_of_another_one")
        assert found[0] == ["secret-of-another"] and "client_other" in found[1]["findings"][0]["sentence"], found
        assert "whsec_of_another_one" not in json.dumps(found[1])
        theirs = mac(SECRET.encode(), f"{t}.{second['body']}".encode()).hexdigest()
        found = ask(first["body"], computed=theirs)
        assert found[0] == ["body-of-another-event"] and second["deliveryId"] in found[1]["findings"][0]["sentence"], found
        # Where it was sent to is known, too.
        url = "http://127.0.0.1:9/hooks"
        sandbox.call("PATCH", "/_sandbox/partners/client_acme", {"webhookUrl": url})
        found = ask(first["body"], computed=mac(SECRET.encode(), (url + first["body"]).encode()).hexdigest())
        assert found[0] == ["message-parts"], found
        with_base64 = {"headers": {}, "bodyBase64": base64.b64encode(b"\xff").decode(), "secret": "x"}
        assert sandbox.post("/_sandbox/verify", with_base64)["findings"][0]["ids"] == ["signature.header-missing"]
        expect(400, sandbox.call("POST", "/_sandbox/verify", {**with_base64, "bodyBase64": "%"}))


if __name__ == "__main__":
    main([
        nothing_is_wrong_with_a_good_signature, every_mistake_with_the_body_is_named,
        a_body_that_was_changed_on_its_way_is_told_from_the_header, every_mistake_with_the_secret_is_named,
        every_mistake_with_the_signed_text_is_named, every_mistake_with_the_digest_is_named, pairs_of_mistakes_are_named,
        other_writers_of_json_are_known, the_whole_text_in_another_charset_or_code_is_named, a_hash_or_an_hmac_too_many_is_named,
        other_things_of_the_request_in_the_signed_text_are_named, mistakes_with_the_header_and_the_clock_are_named, every_mistake_with_an_assertion_is_named,
        asking_about_a_token_uses_nothing_up, the_command_explains_a_token_and_compares_the_key_file,
        the_sandbox_knows_what_it_sent, lines_of_code_are_named_for_seven_languages,
    ])
