//! Redirects: which are followed, with what, and where they end.

use crate::client::mock;
use futures::executor::block_on;
use futures::stream;
use http::{Method, Response};
use motet_http::{Body, Client, Error, Redirects, Request, RequestBuilder};
use std::sync::{Arc, Mutex};

type Seen = Arc<Mutex<Vec<(Method, String, Vec<String>, String)>>>;

/// A client whose server answers `/start` with this status and place, and everything else with "end"; and what it saw.
fn moved(status: u16, location: &'static str) -> (Client, Seen) {
    let seen = Seen::default();
    let books = seen.clone();
    let client = mock(move |request: Request<Body>| {
        let books = books.clone();
        async move {
            let (head, body) = request.into_parts();
            let body = String::from_utf8(body.bytes().await?.to_vec()).unwrap();
            let names = head.headers.keys().map(|name| name.to_string()).collect();
            books.lock().unwrap().push((head.method, head.uri.to_string(), names, body));
            if head.uri.path() != "/start" {
                return Ok(Response::new("end".into()));
            }
            Ok(Response::builder().status(status).header("location", location).body("moved".into())?)
        }
    });
    (client.build().unwrap(), seen)
}

fn fails(request: RequestBuilder) -> Error {
    block_on(request.send()).unwrap_err()
}

#[test]
fn the_method_follows_the_rules_of_each_status() {
    let expected = [
        (301, Method::POST, Method::GET, ""),
        (302, Method::POST, Method::GET, ""),
        (303, Method::POST, Method::GET, ""),
        (303, Method::PUT, Method::GET, ""),
        (303, Method::HEAD, Method::HEAD, "body"),
        (301, Method::PUT, Method::PUT, "body"),
        (302, Method::DELETE, Method::DELETE, "body"),
        (307, Method::POST, Method::POST, "body"),
        (308, Method::POST, Method::POST, "body"),
    ];
    for (status, method, then, body) in expected {
        let (client, seen) = moved(status, "/end");
        let request = client.request(method.clone(), "http://example.com/start").body("body");
        let response = block_on(request.header("content-type", "text/plain").send()).unwrap();
        assert_eq!(response.url().as_str(), "http://example.com/end");
        let (second, _, names, sent) = seen.lock().unwrap()[1].clone();
        assert_eq!((second, sent.as_str()), (then, body), "{status} {method}");
        assert_eq!(names.contains(&"content-type".to_owned()), !body.is_empty(), "{status} {method}");
    }
}

#[test]
fn other_statuses_and_redirects_to_nowhere_are_responses() {
    for status in [200, 300, 304, 305] {
        let (client, _) = moved(status, "/end");
        assert_eq!(block_on(client.get("http://example.com/start").send()).unwrap().status(), status);
    }
    let client = mock(|_| async { Ok(Response::builder().status(302).body(Body::empty())?) }).build().unwrap();
    assert_eq!(block_on(client.get("http://example.com/").send()).unwrap().status(), 302);
}

#[test]
fn secrets_go_along_within_an_origin_only() {
    let expected = [
        ("/end", true),
        ("http://example.com:80/end", true),
        ("https://example.com/end", false),
        ("http://example.com:8080/end", false),
        ("http://www.example.com/end", false),
        ("//other.example/end", false),
    ];
    for (location, kept) in expected {
        let (client, seen) = moved(302, location);
        let request = client.get("http://example.com/start").bearer("token").header("cookie", "a=b");
        block_on(request.header("proxy-authorization", "x").header("x-mine", "y").send()).unwrap();
        let names = seen.lock().unwrap()[1].2.clone();
        for secret in ["authorization", "cookie", "proxy-authorization"] {
            assert_eq!(names.iter().any(|name| name == secret), kept, "{secret} to {location}");
        }
        assert!(names.iter().any(|name| name == "x-mine"), "{location}");
    }
}

#[test]
fn a_secret_does_not_come_back_with_the_way_back() {
    let client = mock(|r| async move {
        let host = r.uri().host().unwrap();
        let next = match (host, r.uri().path()) {
            ("a.example", "/") => "http://b.example/",
            ("b.example", _) => "http://a.example/again",
            _ => return Ok(Response::new(format!("{:?}", r.headers().get("authorization")).into())),
        };
        Ok(Response::builder().status(302).header("location", next).body(Body::empty())?)
    });
    let client = client.default_header("authorization", "default").build().unwrap();
    let text = block_on(async { client.get("http://a.example/").await?.text().await }).unwrap();
    assert_eq!(text, "None");
}

#[test]
fn a_server_does_not_choose_the_credentials() {
    let (client, seen) = moved(302, "http://admin:secret@example.com/end");
    block_on(client.get("http://example.com/start").send()).unwrap();
    let (_, uri, names, _) = seen.lock().unwrap()[1].clone();
    assert_eq!(uri, "http://example.com/end");
    assert!(!names.iter().any(|name| name == "authorization"));
}

#[test]
fn only_http_and_https_are_followed() {
    for location in ["file:///etc/passwd", "ftp://example.com/", "javascript:alert(1)", "http://", "http://[::1"] {
        let (client, seen) = moved(302, location);
        let error = fails(client.get("http://example.com/start"));
        assert!(error.is_redirect(), "{location}: {error}");
        assert_eq!(seen.lock().unwrap().len(), 1);
    }
}

#[test]
fn a_loop_ends_at_the_limit() {
    for most in [0, 1, 7] {
        let seen = Arc::new(Mutex::new(0));
        let count = seen.clone();
        let client = mock(move |_| {
            *count.lock().unwrap() += 1;
            async { Ok(Response::builder().status(302).header("location", "/").body(Body::empty())?) }
        });
        let client = client.redirects(Redirects::limited(most)).build().unwrap();
        let error = fails(client.get("http://example.com/"));
        assert!(error.is_redirect() && error.url().is_some(), "{error}");
        assert_eq!(*seen.lock().unwrap(), most + 1);
    }
}

#[test]
fn as_many_redirects_as_allowed_are_followed() {
    let client = mock(|r| async move {
        let left: u32 = r.uri().path()[1..].parse().unwrap();
        if left == 0 {
            return Ok(Response::new("there".into()));
        }
        Ok(Response::builder().status(307).header("location", format!("/{}", left - 1)).body(Body::empty())?)
    });
    let client = client.build().unwrap();
    assert_eq!(block_on(async { client.get("http://example.com/10").await?.text().await }).unwrap(), "there");
    assert!(fails(client.get("http://example.com/11")).is_redirect());
}

#[test]
fn none_are_followed_if_none_are_wanted() {
    let client = mock(|_| async { Ok(Response::builder().status(302).header("location", "/x").body("here".into())?) });
    let client = client.redirects(Redirects::none()).build().unwrap();
    let response = block_on(client.get("http://example.com/").send()).unwrap();
    assert_eq!(response.status(), 302);
    assert_eq!(block_on(response.text()).unwrap(), "here");
}

#[test]
fn a_stream_cannot_be_sent_again_but_need_not_be_after_303() {
    let stream = || Body::from_stream(stream::iter([Ok::<_, Error>("body")]));
    let (client, _) = moved(307, "/end");
    let error = fails(client.post("http://example.com/start").body(stream()));
    assert!(error.is_redirect() && error.to_string().contains("stream"), "{error}");
    let (client, seen) = moved(303, "/end");
    block_on(client.post("http://example.com/start").body(stream()).send()).unwrap();
    assert_eq!(seen.lock().unwrap()[1].0, Method::GET);
}

#[test]
fn an_error_knows_the_hop_it_happened_at() {
    let client = mock(|r| async move {
        match r.uri().path() {
            "/start" => Ok(Response::builder().status(302).header("location", "/broken").body(Body::empty())?),
            _ => Err(Error::other("broken")),
        }
    });
    let error = fails(client.build().unwrap().get("http://example.com/start"));
    assert_eq!(error.url().unwrap().path(), "/broken");
}

#[test]
fn a_fragment_stays_unless_the_server_has_its_own() {
    let (client, seen) = moved(302, "/end");
    let response = block_on(client.get("http://example.com/start#bar").send()).unwrap();
    assert_eq!(response.url().as_str(), "http://example.com/end#bar");
    assert_eq!(seen.lock().unwrap()[1].1, "http://example.com/end");
    let (client, _) = moved(302, "/end#other");
    let response = block_on(client.get("http://example.com/start#bar").send()).unwrap();
    assert_eq!(response.url().fragment(), Some("other"));
}
