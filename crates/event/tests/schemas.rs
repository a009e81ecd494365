//! Every schema by example: what is recognised, under which names values are found, what the source is.

use glassbox_event::{Reader, Schema, Scratch};
use glassbox_finding::Logsource;

/// What is expected of one record.
struct Expected<'t> {
    schema: Schema,
    /// Product, service and categories, with commas between; `-` for what is not known.
    source: &'t str,
    /// Fields and all their values.
    fields: &'t [(&'t str, &'t [&'t str])],
}

fn check(record: &str, expected: &Expected<'_>) {
    check_hinted(record, &Logsource::default(), expected);
}

fn check_hinted(record: &str, hint: &Logsource, expected: &Expected<'_>) {
    let names: Vec<&str> = expected.fields.iter().map(|(name, _)| *name).collect();
    let reader = Reader::new(&names);
    let mut scratch = Scratch::default();
    let event = reader.read(record.as_bytes(), hint, &mut scratch).expect(record);
    assert_eq!(event.schema(), expected.schema, "{record}");
    let source = event.source();
    let parts = [source.product, source.service].into_iter().flatten().chain(source.categories.iter());
    let shown: Vec<&str> = if source.service.is_none() && source.product.is_some() {
        source.product.into_iter().chain(["-"]).chain(source.categories.iter()).collect()
    } else {
        parts.collect()
    };
    assert_eq!(shown.join(","), expected.source, "{record}");
    let mut present: Vec<usize> = event.present_slots().collect();
    for (slot, (name, values)) in expected.fields.iter().enumerate() {
        let found: Vec<_> = event.values(slot).collect();
        let texts: Vec<String> = found.iter().map(|value| value.text().into_owned()).collect();
        assert_eq!(texts, *values, "{name} in {record}");
        for value in &found {
            assert_eq!(value.place.read(record.as_bytes()).expect("within the record"), value.text(), "{name}");
        }
        assert_eq!(event.has_values(slot), !values.is_empty());
        present.retain(|&present| present != slot || values.is_empty());
    }
    assert!(present.is_empty(), "{present:?} in {record}");
}

#[test]
fn null_says_that_a_place_is_empty() {
    let check_slots = |record: &str, fields: &[(&str, &[&str])]| {
        check(record, &Expected { schema: Schema::WindowsFlat, source: "windows,system", fields });
    };
    check_slots(
        r#"{"EventID":1,"Channel":"System","Provider_Name":null,"SourceName":"s","Computer":null,"x":[null,"y"]}"#,
        &[("Provider_Name", &["s"]), ("Computer", &["null"]), ("x", &["null", "y"])],
    );
    check_slots(
        r#"{"EventID":1,"LogName":"System","SourceName":"s","Channel":null,"Provider_Name":null}"#,
        &[("Provider_Name", &["s"]), ("Channel", &["System"])],
    );
    check_slots(r#"{"EventID":1,"Channel":null,"Provider_Name":"Service Control Manager"}"#, &[("Channel", &["null"])]);
}

#[test]
fn windows_flat() {
    check(
        r#"{"SourceName":"Microsoft-Windows-Sysmon","Channel":"Microsoft-Windows-Sysmon/Operational","Hostname":"h1",
            "EventID":1,"Image":"C:\\Windows\\System32\\cmd.exe","User":null,"Hashes":"MD5=1"}"#,
        &Expected {
            schema: Schema::WindowsFlat,
            source: "windows,sysmon,process_creation",
            fields: &[
                ("Image", &[r"C:\Windows\System32\cmd.exe"]),
                ("Provider_Name", &["Microsoft-Windows-Sysmon"]),
                ("Computer", &["h1"]),
                ("EventID", &["1"]),
                ("User", &["null"]),
                ("CommandLine", &[]),
            ],
        },
    );
    check(
        r#"{"Provider_Name":"a","SourceName":"b","EventID":"7045","Channel":"system","ServiceName":"x"}"#,
        &Expected {
            schema: Schema::WindowsFlat,
            source: "windows,system",
            fields: &[("Provider_Name", &["a"]), ("SourceName", &["b"]), ("ServiceName", &["x"])],
        },
    );
    // No channel: the provider tells. An unknown channel gives no service, whatever the provider.
    check(
        r#"{"Provider_Name":"Microsoft-Windows-Security-Auditing","EventID":4624}"#,
        &Expected { schema: Schema::WindowsFlat, source: "windows,security", fields: &[] },
    );
    check(
        r#"{"Provider_Name":"Microsoft-Windows-Security-Auditing","Channel":"Setup","EventID":4624}"#,
        &Expected { schema: Schema::WindowsFlat, source: "windows,-", fields: &[] },
    );
}

#[test]
fn the_audit_of_a_process_has_the_names_of_sysmon_and_its_own() {
    let fields: &[(&str, &[&str])] = &[
        ("Image", &["C:\\b.exe"]),
        ("NewProcessName", &["C:\\b.exe"]),
        ("ParentImage", &["C:\\a.exe"]),
        ("ParentProcessName", &["C:\\a.exe"]),
        ("ProcessId", &["0x2"]),
        ("NewProcessId", &["0x2"]),
        ("ParentProcessId", &["0x1"]),
        ("User", &["bob"]),
        ("SubjectUserName", &["bob"]),
        ("IntegrityLevel", &["S-1-16-12288"]),
        ("CommandLine", &["b /c"]),
    ];
    let data = r#""NewProcessName":"C:\\b.exe","ParentProcessName":"C:\\a.exe","NewProcessId":"0x2","ProcessId":"0x1",
        "SubjectUserName":"bob","MandatoryLabel":"S-1-16-12288","CommandLine":"b /c""#;
    let source = "windows,security,process_creation";
    check(
        &format!(r#"{{"Channel":"Security","EventID":4688,{data}}}"#),
        &Expected { schema: Schema::WindowsFlat, source, fields },
    );
    check(
        &format!(r#"{{"Event":{{"EventData":{{{data}}},"System":{{"Channel":"security","EventID":"4688"}}}}}}"#),
        &Expected { schema: Schema::WindowsNested, source, fields },
    );
    check(
        &format!(r#"{{"winlog":{{"channel":"Security","event_id":"4688","event_data":{{{data}}}}}}}"#),
        &Expected { schema: Schema::WindowsEcs, source, fields },
    );
    check(
        r#"{"Channel":"Security","EventID":4624,"NewProcessName":"x","ProcessId":"0x1"}"#,
        &Expected {
            schema: Schema::WindowsFlat,
            source: "windows,security",
            fields: &[("Image", &[]), ("ProcessId", &["0x1"])],
        },
    );
}

#[test]
fn categories_of_windows_events() {
    let check_categories = |channel: &str, event: &str, expected: &str| {
        check(
            &format!(r#"{{"Channel":"{channel}",{event}}}"#),
            &Expected { schema: Schema::WindowsFlat, source: &format!("windows,{expected}"), fields: &[] },
        );
    };
    let sysmon = "Microsoft-Windows-Sysmon/Operational";
    check_categories(sysmon, r#""EventID":13"#, "sysmon,registry_set,registry_event");
    check_categories(sysmon, r#""EventID":12,"EventType":"CreateKey""#, "sysmon,registry_add,registry_event");
    check_categories(sysmon, r#""EventID":12,"EventType":"DeleteValue""#, "sysmon,registry_delete,registry_event");
    check_categories(sysmon, r#""EventID":12,"EventType":"INFO""#, "sysmon,registry_event");
    check_categories(sysmon, r#""EventID":14"#, "sysmon,registry_rename,registry_event");
    check_categories(sysmon, r#""EventID":"18""#, "sysmon,pipe_created");
    check_categories(sysmon, r#""EventID":26"#, "sysmon,file_delete_detected,file_delete");
    check_categories(sysmon, r#""EventID":255"#, "sysmon,sysmon_error");
    check_categories(sysmon, r#""EventID":1e999"#, "sysmon");
    check_categories("Microsoft-Windows-PowerShell/Operational", r#""EventID":4104"#, "powershell,ps_script");
    check_categories("PowerShellCore/Operational", r#""EventID":4103"#, "powershell,ps_module");
    check_categories("Windows PowerShell", r#""EventID":400"#, "powershell-classic,ps_classic_start");
    check_categories("Windows PowerShell", r#""EventID":600"#, "powershell-classic,ps_classic_provider_start");
    check_categories("Windows PowerShell", r#""EventID":800"#, "powershell-classic,ps_classic_script");
    check_categories("SECURITY", r#""EventID":1102"#, "security");
    check_categories("OpenSSH\\/Operational", r#""EventID":4"#, "openssh");
    check_categories("Microsoft-Windows-AppLocker/EXE and DLL", r#""EventID":8004"#, "applocker");
}

#[test]
fn windows_kinds_with_names_of_their_own() {
    check(
        r#"{"Channel":"Microsoft-Windows-Windows Defender/Operational","EventID":1116,"Threat Name":"EICAR",
            "Path":"file:_C:\\x","Process Name":"p","SourceName":"prov","Source Name":"real"}"#,
        &Expected {
            schema: Schema::WindowsFlat,
            source: "windows,windefend,antivirus",
            fields: &[
                ("ThreatName", &["EICAR"]),
                ("Signature", &["EICAR"]),
                ("Filename", &["file:_C:\\x"]),
                ("ProcessName", &["p"]),
                ("SourceName", &["real"]),
            ],
        },
    );
    // The strings of a classic event, and where they are only in the message.
    let channel = r#""Channel":"Windows PowerShell","EventID":400"#;
    let source = "windows,powershell-classic,ps_classic_start";
    check(
        &format!(r#"{{{channel},"Message":"HostApplication=x"}}"#),
        &Expected { schema: Schema::WindowsFlat, source, fields: &[("Data", &["HostApplication=x"])] },
    );
    check(
        &format!(r#"{{{channel},"Message":"m","Data":["a","b"]}}"#),
        &Expected { schema: Schema::WindowsFlat, source, fields: &[("Data", &["a", "b"]), ("Message", &["m"])] },
    );
}

#[test]
fn windows_nested() {
    let system = r##""System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Sysmon","Guid":"{5}"}},"EventID":1,
        "TimeCreated":{"#attributes":{"SystemTime":"2019-05-14T01:29:04.3Z"}},"Level":4,
        "Execution":{"#attributes":{"ProcessID":2000}},"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"c"}"##;
    let fields: &[(&str, &[&str])] = &[
        ("EventID", &["1"]),
        ("Provider_Name", &["Microsoft-Windows-Sysmon"]),
        ("Computer", &["c"]),
        ("Level", &["4"]),
        ("ProcessID", &["2000"]),
        ("Image", &["i.exe"]),
        ("CommandLine", &["a \"b\""]),
    ];
    let expected = Expected { schema: Schema::WindowsNested, source: "windows,sysmon,process_creation", fields };
    for data in [
        r#"{"Image":"i.exe","CommandLine":"a \"b\""}"#,
        r##"{"Data":[{"#attributes":{"Name":"Image"},"#text":"i.exe"},{"#text":"a \"b\"","#attributes":{"Name":"CommandLine"}}]}"##,
        r##"{"Data":[{"@Name":"Image","#text":"i.exe"},{"@Name":"CommandLine","#text":"a \"b\""},{"@Name":"Other","#text":"x"}]}"##,
        r#"{"Data":[{"Name":"Image","Value":"i.exe"},{"Name":"CommandLine","Value":"a \"b\""}]}"#,
        r##"{"Image":{"#attributes":{"x":1},"#text":"i.exe"},"CommandLine":{"#text":"a \"b\""}}"##,
    ] {
        check(&format!(r##"{{"Event":{{"#attributes":{{"xmlns":"x"}},{system},"EventData":{data}}}}}"##), &expected);
        check(&format!(r#"{{"EventData":{data},{system}}}"#), &expected);
    }
    check(
        r##"{"Event":{"System":{"Provider":{"@Name":"MSSQLSERVER"},"EventID":{"#attributes":{"Qualifiers":1},"#text":33205},
            "Channel":"Application"},"EventData":{"Data":{"#text":["a","b"]}}}}"##,
        &Expected {
            schema: Schema::WindowsNested,
            source: "windows,application",
            fields: &[("EventID", &["33205"]), ("Data", &["a", "b"]), ("Provider_Name", &["MSSQLSERVER"])],
        },
    );
    // The channel is the system's, not that of the log which was cleared.
    check(
        r#"{"Event":{"System":{"EventID":1102,"Channel":"Security"},
            "UserData":{"LogFileCleared":{"SubjectUserName":"eve","Channel":"Other"}}}}"#,
        &Expected {
            schema: Schema::WindowsNested,
            source: "windows,security",
            fields: &[("SubjectUserName", &["eve"]), ("Channel", &["Security"])],
        },
    );
    check(
        r#"{"Event":{"System":{"EventID":1,"Channel":"Linux-Sysmon/Operational"},"EventData":{"Image":"/bin/sh"}}}"#,
        &Expected {
            schema: Schema::WindowsNested,
            source: "linux,sysmon,process_creation",
            fields: &[("Image", &["/bin/sh"])],
        },
    );
}

#[test]
fn windows_ecs() {
    let fields: &[(&str, &[&str])] = &[
        ("Image", &["p.exe"]),
        ("CommandLine", &["p -x"]),
        ("ParentImage", &["q.exe"]),
        ("ParentCommandLine", &["q"]),
        ("OriginalFileName", &["P.EXE"]),
        ("Computer", &["c"]),
        ("EventID", &["1"]),
        ("User", &["SYSTEM"]),
    ];
    let expected = Expected { schema: Schema::WindowsEcs, source: "windows,sysmon,process_creation", fields };
    check(
        r#"{"process":{"executable":"p.exe","command_line":"p -x","parent":{"executable":"q.exe","command_line":"q"}},
            "user":{"name":"SYSTEM","domain":"NT AUTHORITY"},"event":{"code":1},
            "winlog":{"channel":"Microsoft-Windows-Sysmon/Operational","event_id":1,"computer_name":"c",
            "event_data":{"OriginalFileName":"P.EXE","Image":"other.exe"}}}"#,
        &expected,
    );
    // The same with keys that spell their path.
    check(
        r#"{"process.executable":"p.exe","process.command_line":"p -x","process.parent.executable":"q.exe",
            "process.parent":{"command_line":"q"},"user.name":"SYSTEM","winlog.event_data.OriginalFileName":"P.EXE",
            "winlog.channel":"Microsoft-Windows-Sysmon/Operational","winlog.event_id":1,"host.name":"c"}"#,
        &expected,
    );
    check(
        r#"{"winlog":{"channel":"Microsoft-Windows-Sysmon/Operational","event_id":22},"dns":{"question":{"name":"d"}}}"#,
        &Expected {
            schema: Schema::WindowsEcs,
            source: "windows,sysmon,dns_query",
            fields: &[("QueryName", &["d"]), ("winlog.event_id", &["22"])],
        },
    );
}

#[test]
fn sysmon_for_linux() {
    let event = "<Event><System><Provider Name=\"Linux-Sysmon\" Guid=\"{f}\"/><EventID>1</EventID>\
        <TimeCreated SystemTime=\"2023-01-02T03:04:05.678Z\"/><Channel>Linux-Sysmon/Operational</Channel>\
        <Computer>h</Computer><Security UserId=\"0\"/></System><EventData><Data Name=\"RuleName\">-</Data>\
        <Data Name=\"Image\">/usr/bin/bash</Data><Data Name='CommandLine'>bash -c &quot;a &amp;&amp; b&quot;</Data>\
        <Data Name=\"User\"/><Data Name=\"ParentImage\"></Data><Data><![CDATA[<x>]]></Data></EventData></Event>";
    let expected = Expected {
        schema: Schema::SysmonLinux,
        source: "linux,sysmon,process_creation",
        fields: &[
            ("Image", &["/usr/bin/bash"]),
            ("CommandLine", &["bash -c \"a && b\""]),
            ("User", &[""]),
            ("ParentImage", &[""]),
            ("Computer", &["h"]),
            ("EventID", &["1"]),
            ("Provider_Name", &["Linux-Sysmon"]),
            ("Data", &["<x>"]),
        ],
    };
    check(event, &expected);
    check(&format!("<?xml version=\"1.0\"?>\n<!-- c -->{event}\n"), &expected);
    check(&format!("Jan  2 03:04:05 host sysmon: {event}"), &expected);
    check(
        "<Event xmlns='x'><System><Provider Name='a'/><EventID Qualifiers='0'>4624</EventID>\
         <Channel>Security</Channel></System></Event>",
        &Expected { schema: Schema::WindowsNested, source: "windows,security", fields: &[("EventID", &["4624"])] },
    );
}

#[test]
fn auditd() {
    check(
        "node=h type=EXECVE msg=audit(1364481363.243:24287): argc=3 a0=\"ls\" a1=2D6C2061 a2=-x a10=\"z\"",
        &Expected {
            schema: Schema::Auditd,
            source: "linux,auditd",
            fields: &[
                ("type", &["EXECVE"]),
                ("a0", &["ls"]),
                ("a1", &["-l a"]),
                ("a2", &["-x"]),
                ("a10", &["z"]),
                ("node", &["h"]),
                ("msg", &["audit(1364481363.243:24287)"]),
            ],
        },
    );
    check(
        "type=SYSCALL msg=audit(1.0:1): arch=c000003e syscall=59 a0=7ffd a1=55aa key=\"k\" exe=2F62696E2F7368 \
         comm=\"sh\"\u{1d}ARCH=x86_64 SYSCALL=execve AUID=\"root\"",
        &Expected {
            schema: Schema::Auditd,
            source: "linux,auditd",
            fields: &[
                ("a0", &["7ffd"]),
                ("a1", &["55aa"]),
                ("exe", &["/bin/sh"]),
                ("key", &["k"]),
                ("SYSCALL", &["execve"]),
                ("AUID", &["root"]),
            ],
        },
    );
    check(
        "Jan  2 03:04:05 host audispd: type=USER_CMD msg=audit(1.0:1): pid=1 msg='cwd=\"/root\" cmd=6C73 \
         terminal=pts/0 res=success'",
        &Expected {
            schema: Schema::Auditd,
            source: "linux,auditd",
            fields: &[("cwd", &["/root"]), ("cmd", &["ls"]), ("res", &["success"]), ("hostname", &["host"])],
        },
    );
    check(
        "type=PROCTITLE msg=audit(1.0:1): proctitle=6C73002D6C name=(null) comm=",
        &Expected {
            schema: Schema::Auditd,
            source: "linux,auditd",
            fields: &[("proctitle", &["ls -l"]), ("name", &["(null)"]), ("comm", &[""])],
        },
    );
}

#[test]
fn auditd_as_json() {
    let expected = |fields| Expected { schema: Schema::AuditdJson, source: "linux,auditd", fields };
    check(
        r#"{"type":"EXECVE","a0":"ls","a1":"-l","msg":"audit(1.0:1)"}"#,
        &expected(&[("type", &["EXECVE"]), ("a0", &["ls"])]),
    );
    check(
        r#"{"auditd":{"message_type":"syscall","data":{"a0":"1","syscall":"execve"},"paths":[{"name":"/x"}]},
            "process":{"executable":"/bin/ls","name":"ls"},"tags":["k"]}"#,
        &expected(&[
            ("type", &["syscall"]),
            ("a0", &["1"]),
            ("SYSCALL", &["execve"]),
            ("exe", &["/bin/ls"]),
            ("name", &["/x"]),
            ("key", &["k"]),
        ]),
    );
    check(
        r#"{"ID":"1626611363.720:348501","SYSCALL":{"syscall":59,"exe":"/bin/ls","SYSCALL":"execve","key":"k"},
            "PATH":[{"name":"/a","nametype":"NORMAL"},{"name":"/b","nametype":"CREATE"}],"CWD":{"cwd":"/"}}"#,
        &expected(&[
            ("SYSCALL", &["execve"]),
            ("exe", &["/bin/ls"]),
            ("name", &["/a", "/b"]),
            ("nametype", &["NORMAL", "CREATE"]),
            ("cwd", &["/"]),
        ]),
    );
    check(
        r#"{"type":"user.login","ses":"x"}"#,
        &Expected { schema: Schema::Json, source: "", fields: &[("type", &["user.login"])] },
    );
}

#[test]
fn syslog() {
    check(
        "<86>Jan  2 03:04:05 web1 sshd[123]: Failed password for root from 10.0.0.1 port 22 ssh2\n",
        &Expected {
            schema: Schema::Syslog,
            source: "linux,sshd",
            fields: &[
                ("Hostname", &["web1"]),
                ("host", &["web1"]),
                ("program", &["sshd"]),
                ("process.name", &["sshd"]),
                ("pid", &["123"]),
                ("message", &["Failed password for root from 10.0.0.1 port 22 ssh2"]),
                ("Message", &["Failed password for root from 10.0.0.1 port 22 ssh2"]),
            ],
        },
    );
    check(
        "2023-01-02T03:04:05.678+01:00 h sudo:     pi : TTY=pts/0 ; PWD=/home/pi ; USER=#-1 ; COMMAND=/bin/sh -c a;b=c",
        &Expected {
            schema: Schema::Syslog,
            source: "linux,sudo",
            fields: &[
                ("TTY", &["pts/0"]),
                ("PWD", &["/home/pi"]),
                ("USER", &["#-1"]),
                ("COMMAND", &["/bin/sh -c a;b=c"]),
            ],
        },
    );
    check(
        "<34>1 2003-10-11T22:14:15.003Z m.example.com su - ID47 [ex@1 k=\"v\\\"w\" l=\"2\"] \u{feff}'su root' failed",
        &Expected {
            schema: Schema::Syslog,
            source: "linux,auth",
            fields: &[
                ("hostname", &["m.example.com"]),
                ("program", &["su"]),
                ("pid", &[]),
                ("k", &["v\"w"]),
                ("l", &["2"]),
                ("message", &["'su root' failed"]),
            ],
        },
    );
    for (line, source) in [
        ("Jan 12 03:04:05 h CRON[1]: (root) CMD (x)", "linux,cron"),
        ("Jan 12 03:04:05 h freshclam[1]: x", "linux,clamav"),
        ("Jan 12 03:04:05 h guacd[1]: x", "linux,guacamole"),
        ("Jan 12 03:04:05 h systemd-logind[1]: x", "linux,auth"),
        ("Jan 12 03:04:05 h kernel: [1.2] x", "linux,syslog"),
        ("Jan 12 03:04:05 h unknownd: x", "linux,syslog"),
        ("Jan 12 2023 03:04:05 h no tag here", "linux,syslog"),
        ("<13>only a message", "linux,syslog"),
    ] {
        check(line, &Expected { schema: Schema::Syslog, source, fields: &[] });
    }
    let cisco = Logsource { product: Some("cisco".into()), category: None, service: Some("aaa".into()) };
    check_hinted(
        "<189>Jan 12 03:04:05 r1 CMDLOG: conf t",
        &cisco,
        &Expected { schema: Schema::Syslog, source: "cisco,aaa", fields: &[] },
    );
}

#[test]
fn cloudtrail() {
    check(
        r#"{"eventVersion":"1.08","userIdentity":{"type":"Root","arn":"arn:aws:iam::1:root"},"eventSource":"iam.amazonaws.com",
            "eventName":"AttachUserPolicy","requestParameters":{"policyArn":"arn:p","tags":[{"key":"a"},{"key":"b"}]},
            "responseElements":null,"additionalEventData":{}}"#,
        &Expected {
            schema: Schema::CloudTrail,
            source: "aws,cloudtrail",
            fields: &[
                ("userIdentity.type", &["Root"]),
                ("requestParameters.policyArn", &["arn:p"]),
                ("requestParameters.tags.key", &["a", "b"]),
                ("requestParameters.tags", &[r#"[{"key":"a"},{"key":"b"}]"#]),
                ("requestParameters", &[r#"{"policyArn":"arn:p","tags":[{"key":"a"},{"key":"b"}]}"#]),
                ("responseElements", &["null"]),
                ("additionalEventData", &["{}"]),
            ],
        },
    );
}

#[test]
fn json_of_known_products() {
    let check_known = |record: &str, source: &str, fields: &[(&str, &[&str])]| {
        check(record, &Expected { schema: Schema::Json, source, fields });
    };
    check_known(
        r#"{"eventType":"user.session.start","actor":{"alternateId":"a@b"},"outcome":{"result":"FAILURE"}}"#,
        "okta,okta",
        &[("actor.alternateId", &["a@b"]), ("outcome.result", &["FAILURE"])],
    );
    check_known(
        r#"{"protoPayload":{"methodName":"m","serviceName":"s"},"logName":"l"}"#,
        "gcp,gcp.audit",
        &[("gcp.audit.method_name", &["m"]), ("data.protoPayload.serviceName", &["s"])],
    );
    check_known(
        r#"{"protoPayload":{"serviceName":"login.googleapis.com","metadata":{"event":[{"eventName":"e"}]}}}"#,
        "gcp,google_workspace.login",
        &[("protoPayload.metadata.event.eventName", &["e"]), ("eventName", &["e"])],
    );
    check_known(r#"{"action":"repo.create","actor":"x","org":"y","created_at":1}"#, "github,audit", &[]);
    check_known(
        r#"{"operationName":"O","category":"SignInLogs","tenantId":"t","resultType":"50126","properties":{"riskState":"r"}}"#,
        "azure,signinlogs",
        &[("ResultType", &["50126"]), ("RiskState", &["r"]), ("properties.message", &["O"])],
    );
    check_known(
        r#"{"operationName":"O","category":"Administrative","resourceId":"/s"}"#,
        "azure,activitylogs",
        &[("CategoryValue", &["Administrative"]), ("ResourceId", &["/s"])],
    );
    check_known(r#"{"operationName":"O","category":"StorageRead","resourceId":"/s"}"#, "azure,-", &[]);
    check_known(r#"{"Workload":"Exchange","Operation":"o","CreationTime":"2020-01-01T00:00:00"}"#, "m365,audit", &[]);
    check_known(
        r#"{"apiVersion":"audit.k8s.io/v1","kind":"Event","verb":"create","objectRef":{"resource":"pods","apiGroup":"g"},
            "requestObject":{"spec":{"volumes":[{"hostPath":{"path":"/"}}]}}}"#,
        "kubernetes,audit,application",
        &[("objectRef.resource", &["pods"]), ("apiGroup", &["g"]), ("hostPath", &["/"])],
    );
    check_known(
        r#"{"_path":"http","ts":1.5,"uri":"/a","user_agent":"u","id.orig_h":"10.0.0.1"}"#,
        "zeek,http",
        &[("c-uri", &["/a"]), ("c-useragent", &["u"]), ("id.orig_h", &["10.0.0.1"]), ("src_ip", &["10.0.0.1"])],
    );
    check_known(r#"{"auditType":{"category":"c","action":"a"}}"#, "bitbucket,audit", &[]);
    check_known(r#"{"a":1}"#, "", &[("a", &["1"])]);
    check_known(r#"[{"a":1},{"a":2}]"#, "", &[("a", &["1", "2"])]);
}

#[test]
fn text_and_hints() {
    let hint = Logsource { product: None, category: Some("webserver".into()), service: Some("apache".into()) };
    let line = r#"10.0.0.1 - - [01/Jan/2023:00:00:00 +0000] "GET / HTTP/1.1" 200 1"#;
    check_hinted(
        line,
        &hint,
        &Expected { schema: Schema::Text, source: "apache,webserver", fields: &[("message", &[line])] },
    );
    check("[2023] x", &Expected { schema: Schema::Text, source: "", fields: &[("Message", &["[2023] x"])] });
    // What the record says itself stands; a hint about another product is not about this record.
    check_hinted(
        r#"{"Channel":"Security","EventID":1}"#,
        &hint,
        &Expected { schema: Schema::WindowsFlat, source: "windows,security", fields: &[] },
    );
    let windows =
        |service: &str| Logsource { product: Some("windows".into()), category: None, service: Some(service.into()) };
    check_hinted(
        r#"{"ProviderName":"x","EventID":1}"#,
        &windows("dhcp"),
        &Expected { schema: Schema::WindowsFlat, source: "windows,dhcp", fields: &[] },
    );
    let linux = Logsource { product: Some("linux".into()), category: None, service: Some("dhcp".into()) };
    check_hinted(
        r#"{"ProviderName":"x","EventID":1}"#,
        &linux,
        &Expected { schema: Schema::WindowsFlat, source: "windows,-", fields: &[] },
    );
}

#[test]
fn further_services() {
    let reader = Reader::new::<&str>(&[]);
    let mut scratch = Scratch::default();
    let hint = Logsource::default();
    let event = reader.read(b"Jan 12 03:04:05 h sshd[1]: x", &hint, &mut scratch).expect("a record");
    assert_eq!(event.source().services, ["auth", "syslog"]);
}

#[test]
fn times() {
    let check_time = |record: &str, expected: Option<i64>| {
        let reader = Reader::new::<&str>(&[]);
        let mut scratch = Scratch::default();
        let hint = Logsource::default();
        let event = reader.read(record.as_bytes(), &hint, &mut scratch).expect("a record");
        assert_eq!(event.time(), expected, "{record}");
    };
    let one = Some(1_000_000);
    check_time(
        r#"{"Channel":"x","EventID":1,"TimeCreated":"1970-01-01T00:00:01Z","UtcTime":"2000-01-01 00:00:00"}"#,
        one,
    );
    check_time(r#"{"Channel":"x","EventID":1,"UtcTime":"1970-01-01 00:00:01","TimeCreated":"today"}"#, one);
    check_time(r#"{"Channel":"x","EventID":1,"EventTime":"1970-01-01 00:00:01"}"#, one);
    check_time(r#"{"Channel":"x","EventID":1}"#, None);
    check_time(
        r##"{"Event":{"System":{"EventID":1,"TimeCreated":{"#attributes":{"SystemTime":"1970-01-01T00:00:01Z"}}}}}"##,
        one,
    );
    check_time(r#"{"winlog":{"channel":"x"},"@timestamp":"1970-01-01T00:00:01.000Z"}"#, one);
    check_time(r#"{"eventVersion":"1","eventName":"n","eventSource":"s","eventTime":"1970-01-01T00:00:01Z"}"#, one);
    let later = Some(1_364_481_363_243_000);
    check_time("type=CWD msg=audit(1364481363.243:7): cwd=\"/\"", later);
    check_time(r#"{"ID":"1364481363.243:7","SYSCALL":{"pid":1}}"#, later);
    check_time("Jan 12 03:04:05 h sshd[1]: x", None);
    check_time("<34>1 1970-01-01T00:00:01Z h p - - - x", one);
    check_time("1970-01-01T00:00:01+00:00 h p: x", one);
    check_time(r#"{"_path":"http","ts":1364481363.243}"#, later);
    check_time("<Event><System><TimeCreated SystemTime='1970-01-01T00:00:01Z'/></System></Event>", one);
}
