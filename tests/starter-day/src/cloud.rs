//! CloudTrail records, and an ordinary day in the AWS account.
//!
//! Keys and identifiers are in the form of AWS's documentation examples; none has ever been valid.

use crate::{
    chance::Chance,
    clock::{self, Moment, at},
    company::*,
    feed::{Feed, Label},
    json::{Json, object},
};

/// The account: the number that AWS uses in its own examples.
const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-2";
pub(crate) const CLI: &str = "aws-cli/2.31.4 md/awscrt#0.27.6 ua/2.1 os/linux#6.8.0 md/arch#x86_64 lang/python#3.13.7";
pub(crate) const CLI_INTRUDER: &str =
    "aws-cli/2.28.1 md/awscrt#0.26.1 ua/2.1 os/linux#6.12.25-amd64 md/arch#x86_64 lang/python#3.13.3";
const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/148.0.0.0 Safari/537.36";

/// Who calls.
#[derive(Clone, Copy)]
pub(crate) enum Caller {
    /// A user and the key in use; no key at the console.
    User(&'static str, &'static str),
    /// A role assumed by a machine or service.
    Role(&'static str),
    /// The root user.
    Root,
}

pub(crate) const JOAO_KEY: Caller = Caller::User("joao.pereira", "AKIAEXAMPLEJOAO00001");
pub(crate) const PORTAL_KEY: Caller = Caller::User("portal-deploy", "AKIAEXAMPLEPORTAL001");
pub(crate) const STOLEN_KEY: Caller = Caller::User("backup-archiver", "AKIAEXAMPLEARCHIV002");

/// One call.
pub(crate) struct Call {
    pub(crate) caller: Caller,
    pub(crate) from: &'static str,
    pub(crate) agent: &'static str,
    pub(crate) service: &'static str,
    pub(crate) name: &'static str,
    pub(crate) parameters: Json,
    pub(crate) response: Json,
    pub(crate) error: Option<&'static str>,
    /// What a data event says about bytes, or the console about the second factor.
    pub(crate) additional: Json,
}

impl Call {
    /// A call that succeeds and says little.
    pub(crate) fn new(
        caller: Caller,
        from: &'static str,
        agent: &'static str,
        service: &'static str,
        name: &'static str,
    ) -> Self {
        Call {
            caller,
            from,
            agent,
            service,
            name,
            parameters: Json::Null,
            response: Json::Null,
            error: None,
            additional: Json::Null,
        }
    }

    pub(crate) fn with(mut self, parameters: Json) -> Self {
        self.parameters = parameters;
        self
    }
}

/// An object read from a bucket.
pub(crate) fn get_object(
    caller: Caller,
    from: &'static str,
    agent: &'static str,
    bucket: &str,
    key: &str,
    bytes: u32,
) -> Call {
    let mut call = Call::new(caller, from, agent, "s3", "GetObject");
    call.parameters =
        object! { "bucketName": bucket, "Host": format!("{bucket}.s3.{REGION}.amazonaws.com"), "key": key };
    call.additional =
        object! { "CipherSuite": "TLS_AES_128_GCM_SHA256", "bytesTransferredIn": 0_u32, "bytesTransferredOut": bytes };
    call
}

/// The account's trail.
pub(crate) struct CloudLog {
    pub(crate) feed: Feed<Vec<u8>>,
    chance: Chance,
}

impl CloudLog {
    pub(crate) fn new() -> Self {
        CloudLog { feed: Feed::new(), chance: Chance::named("cloudtrail") }
    }

    /// Records a call.
    pub(crate) fn record(&mut self, moment: Moment, label: Option<Label>, call: Call) {
        let data = call.name == "GetObject" || call.name == "PutObject";
        let sign_in = call.name == "ConsoleLogin";
        let reads = ["Get", "List", "Describe", "Head", "Lookup"].iter().any(|verb| call.name.starts_with(verb));
        let source = if sign_in { "signin".to_string() } else { call.service.to_string() };
        let mut pairs = vec![
            ("eventVersion".to_string(), Json::from("1.11")),
            ("userIdentity".to_string(), identity(call.caller)),
            ("eventTime".to_string(), clock::iso_seconds(moment).into()),
            ("eventSource".to_string(), format!("{source}.amazonaws.com").into()),
            ("eventName".to_string(), call.name.into()),
            ("awsRegion".to_string(), if source == "iam" { "us-east-1" } else { REGION }.into()),
            ("sourceIPAddress".to_string(), call.from.into()),
            ("userAgent".to_string(), call.agent.into()),
        ];
        if let Some(error) = call.error {
            pairs.push(("errorCode".to_string(), error.into()));
            let message = format!("User is not authorized to perform: {}:{}", call.service, call.name);
            pairs.push(("errorMessage".to_string(), message.into()));
        }
        pairs.push(("requestParameters".to_string(), call.parameters));
        pairs.push(("responseElements".to_string(), call.response));
        if !matches!(call.additional, Json::Null) {
            pairs.push(("additionalEventData".to_string(), call.additional));
        }
        pairs.push(("requestID".to_string(), self.chance.hex(16).to_uppercase().into()));
        pairs.push(("eventID".to_string(), self.chance.uuid().into()));
        pairs.push(("readOnly".to_string(), reads.into()));
        pairs.push(("eventType".to_string(), if sign_in { "AwsConsoleSignIn" } else { "AwsApiCall" }.into()));
        pairs.push(("managementEvent".to_string(), (!data).into()));
        pairs.push(("recipientAccountId".to_string(), ACCOUNT.into()));
        pairs.push(("eventCategory".to_string(), if data { "Data" } else { "Management" }.into()));
        self.feed.push(moment, label, Json::Object(pairs).text().into_bytes());
    }
}

fn identity(caller: Caller) -> Json {
    match caller {
        Caller::User(name, "") => object! {
            "type": "IAMUser",
            "principalId": format!("AIDAEXAMPLE{}", name.len() * 1_000_003),
            "arn": format!("arn:aws:iam::{ACCOUNT}:user/{name}"),
            "accountId": ACCOUNT,
            "userName": name,
        },
        Caller::User(name, key) => object! {
            "type": "IAMUser",
            "principalId": format!("AIDAEXAMPLE{}", name.len() * 1_000_003),
            "arn": format!("arn:aws:iam::{ACCOUNT}:user/{name}"),
            "accountId": ACCOUNT,
            "accessKeyId": key,
            "userName": name,
        },
        Caller::Role(name) => object! {
            "type": "AssumedRole",
            "principalId": format!("AROAEXAMPLEROLE:{name}"),
            "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/session"),
            "accountId": ACCOUNT,
            "accessKeyId": "ASIAEXAMPLESESSION01",
        },
        Caller::Root => object! {
            "type": "Root",
            "principalId": ACCOUNT,
            "arn": format!("arn:aws:iam::{ACCOUNT}:root"),
            "accountId": ACCOUNT,
        },
    }
}

/// The account's ordinary day.
pub(crate) fn write(log: &mut CloudLog) {
    services(log);
    developer(log);
    deployment(log);
    console(log);
}

/// Roles of machines and services, around the clock.
fn services(log: &mut CloudLog) {
    let mut chance = Chance::named("cloud services");
    for _ in 0..110 {
        let moment = chance.between(0, at(23, 59, 50));
        let (role, service, name) = chance.pick(&[
            ("portal-instance", "s3", "PutObject"),
            ("portal-instance", "s3", "GetObject"),
            ("portal-instance", "ssm", "UpdateInstanceInformation"),
            ("config-recorder", "config", "PutEvaluations"),
            ("config-recorder", "ec2", "DescribeInstances"),
            ("backup-service", "ec2", "DescribeSnapshots"),
            ("portal-instance", "kms", "Decrypt"),
        ]);
        let drawing = chance.between(7_000, 7_400);
        let from = if role == "portal-instance" { "10.40.2.15" } else { "config.amazonaws.com" };
        let call = if name == "GetObject" {
            get_object(
                Caller::Role(role),
                from,
                "aws-sdk-nodejs/3.901.0",
                "fenwick-lowe-portal",
                &format!("sets/{drawing}.pdf"),
                drawing * 311,
            )
        } else {
            let mut call = Call::new(Caller::Role(role), from, "aws-sdk-nodejs/3.901.0", service, name);
            if name == "PutObject" {
                call.parameters = object! { "bucketName": "fenwick-lowe-portal", "key": format!("sets/{drawing}.pdf") };
            }
            call
        };
        log.record(moment, None, call);
    }
}

/// João at the office, and in the evening at home without the VPN.
fn developer(log: &mut CloudLog) {
    let mut chance = Chance::named("developer");
    for _ in 0..64 {
        let moment = chance.between(at(9, 30, 0), at(17, 40, 0));
        let (service, name) = chance.pick(&[
            ("s3", "ListBuckets"),
            ("s3", "ListObjects"),
            ("ec2", "DescribeInstances"),
            ("logs", "GetLogEvents"),
            ("cloudformation", "DescribeStacks"),
            ("lambda", "GetFunction"),
        ]);
        log.record(moment, None, Call::new(JOAO_KEY, OFFICE_NAT, CLI, service, name));
    }
    for (hour, minute) in [(9, 41), (11, 0), (14, 33), (16, 20)] {
        log.record(at(hour, minute, 12), None, Call::new(JOAO_KEY, OFFICE_NAT, CLI, "sts", "GetCallerIdentity"));
    }
    for minute in [4, 9] {
        let mut call = Call::new(JOAO_KEY, OFFICE_NAT, CLI, "iam", "ListRoles");
        call.error = Some("AccessDenied");
        log.record(at(15, minute, 50), None, call);
    }
    let rotation =
        Call::new(JOAO_KEY, OFFICE_NAT, CLI, "iam", "CreateAccessKey").with(object! { "userName": "joao.pereira" });
    log.record(at(10, 25, 31), None, rotation);
    let over_ipv6 = get_object(JOAO_KEY, "2001:db8:20::19", CLI, "fenwick-lowe-portal", "config/viewer.json", 2_114);
    log.record(at(10, 31, 44), None, over_ipv6);
    let home = "203.0.113.201";
    log.record(
        at(20, 12, 7),
        None,
        Call::new(JOAO_KEY, home, CLI, "s3", "ListObjects").with(object! { "bucketName": "fenwick-lowe-portal" }),
    );
    for (second, key) in [(30, "logs/app-2026-11-17.gz"), (41, "logs/app-2026-11-16.gz")] {
        log.record(at(20, 12, second), None, get_object(JOAO_KEY, home, CLI, "fenwick-lowe-portal", key, 418_223));
    }
}

/// The deployment key does what it is for, from the portal's own network.
fn deployment(log: &mut CloudLog) {
    let from = OFFICE_NAT;
    log.record(at(11, 2, 20), None, Call::new(PORTAL_KEY, from, CLI, "sts", "GetCallerIdentity"));
    for second in 25..37 {
        let key = format!("releases/2026.11.17/part-{second}.tgz");
        let parameters = object! { "bucketName": "fenwick-lowe-releases", "key": key };
        log.record(at(11, 2, second), None, Call::new(PORTAL_KEY, from, CLI, "s3", "PutObject").with(parameters));
    }
    log.record(at(11, 4, 2), None, Call::new(PORTAL_KEY, from, CLI, "cloudfront", "CreateInvalidation"));
}

/// Two sign-ins: Marek with a second factor, Sofia's assistant account without; and root changes a payment card.
fn console(log: &mut CloudLog) {
    for (moment, caller, factor) in [
        (at(9, 8, 14), Caller::User("marek.dvorak", ""), "Yes"),
        (at(13, 22, 50), Caller::User("studio-reports", ""), "No"),
        (at(16, 1, 2), Caller::Root, "Yes"),
    ] {
        let mut call = Call::new(caller, OFFICE_NAT, BROWSER, "signin", "ConsoleLogin");
        call.response = object! { "ConsoleLogin": "Success" };
        call.additional = object! { "LoginTo": "https://console.aws.amazon.com/console/home", "MobileVersion": "No", "MFAUsed": factor };
        log.record(moment, None, call);
    }
    log.record(
        at(16, 3, 40),
        None,
        Call::new(Caller::Root, OFFICE_NAT, BROWSER, "billingconsole", "UpdatePaymentInstrument"),
    );
    for minute in [10, 14, 19, 27] {
        log.record(
            at(9, minute, 3),
            None,
            Call::new(
                Caller::User("marek.dvorak", "ASIAEXAMPLEMAREK0001"),
                OFFICE_NAT,
                BROWSER,
                "ec2",
                "DescribeInstances",
            ),
        );
        log.record(
            at(13, minute + 15, 9),
            None,
            Call::new(
                Caller::User("studio-reports", "ASIAEXAMPLESTUDIO001"),
                OFFICE_NAT,
                BROWSER,
                "ce",
                "GetCostAndUsage",
            ),
        );
    }
}
