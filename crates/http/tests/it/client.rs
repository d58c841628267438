//! Requests and responses, without a network.

use futures::executor::block_on;
use http::{HeaderValue, Method, Response};
use motet_http::{Body, Client, ClientBuilder, Error, MockTransport, Phase, Request, RequestBuilder, Sending};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A client whose server is this closure.
pub(crate) fn mock<F, Fut>(answer: F) -> ClientBuilder
where
    F: Fn(Request<Body>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Response<Body>, Error>> + Send + 'static,
{
    Client::builder().transport(MockTransport::new(answer))
}

/// A client whose server tells what it was asked: the method, the address, the headers in order, the body.
fn mirror() -> Client {
    let tell = |request: Request<Body>| async move {
        let (head, body) = request.into_parts();
        let mut text = format!("{} {}\n", head.method, head.uri);
        for (name, value) in &head.headers {
            text += &format!("{name}: {}\n", value.to_str().unwrap());
        }
        text += &String::from_utf8_lossy(&body.bytes().await?);
        Ok(Response::new(text.into()))
    };
    mock(tell).build().unwrap()
}

fn sent(request: RequestBuilder) -> String {
    block_on(async { request.await?.text().await }).unwrap()
}

#[test]
fn each_method_is_sent_as_it_is_called() {
    let client = mirror();
    let url = "http://example.com/";
    let requests = [
        ("GET", client.get(url)),
        ("POST", client.post(url)),
        ("PUT", client.put(url)),
        ("PATCH", client.patch(url)),
        ("DELETE", client.delete(url)),
        ("HEAD", client.head(url)),
        ("OPTIONS", client.request(Method::OPTIONS, url)),
    ];
    for (method, request) in requests {
        assert!(sent(request).starts_with(&format!("{method} http://example.com/\n")));
    }
}

#[test]
fn a_query_is_added_to_the_one_that_is_there() {
    #[derive(Serialize)]
    struct Page {
        zeta: u8,
        alpha: Option<&'static str>,
    }
    let text =
        sent(mirror().get("http://example.com/?a=1").query(&[("b", "2 & 3")]).query(&Page { zeta: 4, alpha: None }));
    assert!(text.starts_with("GET http://example.com/?a=1&b=2+%26+3&zeta=4\n"), "{text}");
    let none: [(&str, &str); 0] = [];
    assert!(sent(mirror().get("http://example.com/").query(&none)).starts_with("GET http://example.com/\n"));
}

#[test]
fn json_and_forms_say_what_they_are() {
    let json = sent(mirror().post("http://example.com/").json(&serde_json::json!({"voices": 4})));
    assert!(json.contains("content-type: application/json\n") && json.ends_with(r#"{"voices":4}"#), "{json}");
    let form = sent(mirror().post("http://example.com/").form(&[("a b", "c&d")]));
    assert!(form.contains("application/x-www-form-urlencoded\n") && form.ends_with("a+b=c%26d"), "{form}");
    let own = sent(mirror().post("http://example.com/").header("content-type", "application/ld+json").json(&1));
    assert!(own.contains("content-type: application/ld+json\n") && !own.contains("application/json\n"), "{own}");
}

#[test]
fn a_default_header_gives_way_to_the_requests_own() {
    let client = mock(|r| async move { Ok(Response::new(format!("{:?}", r.headers()["x-part"]).into())) })
        .default_header("x-part", "tenor")
        .build()
        .unwrap();
    assert_eq!(sent(client.get("http://example.com")), r#""tenor""#);
    assert_eq!(sent(client.get("http://example.com").header("x-part", "bassus")), r#""bassus""#);
}

#[test]
fn credentials_go_into_the_header_and_never_into_the_address() {
    let basic = sent(mirror().get("http://example.com/").basic_auth("me", Some("pass")));
    assert!(basic.contains("authorization: Basic bWU6cGFzcw==\n"));
    let from_url = sent(mirror().get("http://m%65:p%61ss@example.com/"));
    assert!(
        from_url.starts_with("GET http://example.com/\n") && from_url.contains("Basic bWU6cGFzcw==\n"),
        "{from_url}"
    );
    let explicit = sent(mirror().get("http://me:pass@example.com/").bearer("token"));
    assert!(explicit.contains("authorization: Bearer token\n") && !explicit.contains("Basic"), "{explicit}");
}

#[test]
fn the_base_url_is_continued_and_never_left_by_a_path() {
    let client = mock(|r| async move { Ok(Response::new(r.uri().to_string().into())) })
        .base_url("http://example.com/api/v1?key=x")
        .unwrap()
        .build()
        .unwrap();
    let expected = [
        ("/users", "http://example.com/api/v1/users"),
        ("users?page=2", "http://example.com/api/v1/users?page=2"),
        ("", "http://example.com/api/v1/"),
        ("//evil.example/x", "http://example.com/api/v1/evil.example/x"),
        ("/a:b", "http://example.com/api/v1/a:b"),
        ("https://other.example/x", "https://other.example/x"),
    ];
    for (address, url) in expected {
        assert_eq!(sent(client.get(address)), url, "{address}");
    }
}

#[test]
fn what_is_wrong_with_a_request_is_told_when_it_is_sent() {
    let client = mirror();
    let wrong = [
        client.get("/no/base"),
        client.get("ftp://example.com/"),
        client.get("http://"),
        client.get("http://example.com/").header("bad name", "x"),
        client.get("http://example.com/").header("x", "bad\nvalue"),
        client.get("http://example.com/").bearer("bad\ntoken"),
        client.get("http://example.com/").query(&[("nested", [1, 2])]),
    ];
    for request in wrong {
        let error = block_on(request.send()).unwrap_err();
        assert!(error.is_builder(), "{error}");
    }
    let error = block_on(client.get("http://example.com/x").header("x", "\0").send()).unwrap_err();
    assert_eq!(error.url().unwrap().path(), "/x");
}

#[test]
fn a_bad_default_header_or_an_empty_limit_is_the_builders_error() {
    assert!(Client::builder().default_header("x y", "z").build().unwrap_err().is_builder());
    let limits = motet_http::Limits { max_connections: 0, ..Default::default() };
    assert!(Client::builder().limits(limits).build().unwrap_err().is_builder());
    assert!(Client::builder().base_url("example.com").unwrap_err().is_builder());
    assert!(Client::builder().base_url("file:///etc").unwrap_err().is_builder());
}

#[test]
fn json_that_is_none_is_a_decode_error_with_its_address() {
    #[derive(Debug, Deserialize)]
    struct User {
        #[expect(dead_code, reason = "only its absence matters")]
        name: String,
    }
    let client = mock(|_| async { Ok(Response::new("{}".into())) }).build().unwrap();
    let error = block_on(async { client.get("http://example.com/u").await?.json::<User>().await }).unwrap_err();
    assert!(error.is_decode() && error.to_string().contains("missing field `name`"), "{error}");
    assert_eq!(error.url().unwrap().as_str(), "http://example.com/u");
}

#[test]
fn text_is_decoded_by_its_charset() {
    let of = |kind: &'static str, bytes: &'static [u8]| {
        let answer = move |_| async move { Ok(Response::builder().header("content-type", kind).body(bytes.into())?) };
        let client = mock(answer).build().unwrap();
        block_on(async { client.get("http://example.com/").await?.text().await })
    };
    assert_eq!(of("text/plain", "für".as_bytes()).unwrap(), "für");
    assert_eq!(of("text/plain; charset=ISO-8859-1", b"f\xfcr").unwrap(), "für");
    assert_eq!(of("text/plain; charset=\"utf-8\"", b"f\xfcr").unwrap(), "f\u{fffd}r");
    assert!(of("text/plain; charset=koi8-r", b"x").unwrap_err().is_decode());
}

#[test]
fn a_status_is_an_error_only_when_asked() {
    for (status, raises) in [(200, false), (304, false), (404, true), (503, true)] {
        let client =
            mock(move |_| async move { Ok(Response::builder().status(status).body("text".into())?) }).build().unwrap();
        let response = block_on(client.get("http://example.com/").send()).unwrap();
        assert_eq!(response.raise_for_status().is_err(), raises, "{status}");
        if let Err(error) = response.raise_for_status() {
            assert!(error.is_status() && error.status() == Some(response.status()));
        }
        assert_eq!(block_on(response.text()).unwrap(), "text");
    }
}

#[test]
fn a_transports_error_comes_out_as_it_went_in() {
    let client = mock(|_| async { Err(Error::timeout(Phase::Pool)) }).build().unwrap();
    let error = block_on(client.get("http://example.com/x").send()).unwrap_err();
    assert!(error.is_timeout() && error.is_pool_timeout() && !error.is_connect());
    assert_eq!((error.phase(), error.url().unwrap().path()), (Some(Phase::Pool), "/x"));
    let client = mock(|_| async { Err(Error::connect("no route")) }).build().unwrap();
    let error = block_on(client.get("http://example.com/").send()).unwrap_err();
    assert!(error.is_connect() && error.to_string().contains("no route"), "{error}");
}

#[test]
fn a_transport_finds_the_requests_timeouts_in_its_extensions() {
    let client = mock(|r| async move {
        let timeouts: &motet_http::Timeouts = r.extensions().get().unwrap();
        Ok(Response::new(format!("{:?}", timeouts.total).into()))
    });
    let client = client.build().unwrap();
    assert_eq!(sent(client.get("http://example.com").timeout(Duration::from_secs(9))), "Some(9s)");
}

#[test]
fn the_total_timeout_covers_the_wait_and_the_body() {
    // In virtual time: the answer of the second comes at once, however busy the machine is.
    motet_test::Sim::new(0).run(async {
        let total = Duration::from_secs(5);
        let client = mock(|_| std::future::pending()).build().unwrap();
        let error = client.get("http://example.com/").timeout(total).send().await.unwrap_err();
        assert_eq!(error.phase(), Some(Phase::Total));

        let client =
            mock(|_| async { Ok(Response::new(Body::from_stream(futures::stream::pending::<Result<&str, Error>>()))) });
        let client = client.build().unwrap();
        let response = client.get("http://example.com/").timeout(total).send().await.unwrap();
        let error = response.bytes().await.unwrap_err();
        assert_eq!((error.phase(), error.url().is_some()), (Some(Phase::Total), true));
    });
}

#[test]
fn a_closed_client_sends_nothing_and_neither_do_its_clones() {
    let client = mirror();
    let clone = client.clone();
    let waiting = clone.get("http://example.com/");
    block_on(client.close());
    for request in [waiting, clone.get("http://example.com/")] {
        assert!(block_on(request.send()).unwrap_err().is_closed());
    }
}

#[test]
fn secrets_are_not_in_the_debug_output() {
    let value: HeaderValue = block_on(async {
        let client = mock(|r| async move {
            Ok(Response::builder().header("x-echo", &r.headers()["authorization"]).body(().into())?)
        });
        let client = client.build()?;
        let response = client.get("http://example.com/").bearer("sesame").await?;
        assert!(!format!("{response:?}").contains("sesame"));
        Ok::<_, Error>(response.headers()["x-echo"].clone())
    })
    .unwrap();
    assert_eq!(value, "Bearer sesame");
}

#[test]
fn the_types_are_send_and_the_client_is_shared() {
    motet_test::assert_send!(Client, RequestBuilder, Sending, motet_http::Response, motet_http::Chunks, Error, Body);
    motet_test::assert_sync!(Client, Error);
}

#[test]
fn a_length_that_is_not_the_bodys_is_refused() {
    let client = mock(|_| async { Ok(Response::new("sent".into())) }).build().unwrap();
    let send = |lengths: &[&str], body: Body| {
        let mut request = client.get("http://example.com/").body(body);
        for length in lengths {
            request = request.header("content-length", *length);
        }
        block_on(request.send())
    };
    // What is missing would be taken from the next request on the connection.
    for (length, body) in
        [("5", ""), ("4", "hello"), ("6", "hello"), ("all of it", "hello"), ("-5", "hello"), ("+5", "hello")]
    {
        let error = send(&[length], body.into()).unwrap_err();
        assert!(error.is_builder() && error.to_string().contains("content-length"), "{error}");
    }
    let stream = || Body::from_stream(futures::stream::iter([Ok::<_, Error>("hello")]));
    assert!(send(&["many"], stream()).unwrap_err().is_builder());
    assert!(send(&["5"], stream()).is_ok());
    assert!(send(&["5"], "hello".into()).is_ok());
    assert!(send(&["0"], Body::empty()).is_ok());
}

#[test]
fn a_login_keeps_what_only_looks_like_an_escape() {
    let client = mirror();
    let text = block_on(async { client.get("http://a%+a:100%25@example.com/").await?.text().await }).unwrap();
    // `a%+a:100%` in base64.
    assert!(text.contains("authorization: Basic YSUrYToxMDAl\n"), "{text}");
}
