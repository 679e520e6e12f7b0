//! Faults planted into the built-in seeds: each must be found, with file, line and entry.

use super::super::{SeedFault, SeedFile, Seeds};
use super::lines;

/// One change of one file and the fault it must cause.
struct Planted {
    file: &'static str,
    /// The first place of this text is replaced.
    old: &'static str,
    new: &'static str,
    /// The text whose line the fault must name, looked up after the change; `""` for line 0.
    line_of: &'static str,
    entry: &'static str,
    message: &'static str,
}

fn plant(files: &mut [SeedFile], planted: &Planted) {
    let file = files
        .iter_mut()
        .find(|file| file.path == planted.file)
        .unwrap();
    assert!(
        file.text.contains(planted.old),
        "{} has no {}",
        planted.file,
        planted.old
    );
    file.text = file.text.replacen(planted.old, planted.new, 1);
}

fn line_of(files: &[SeedFile], file: &str, text: &str) -> usize {
    let file = files.iter().find(|found| found.path == file).unwrap();
    let at = file
        .text
        .find(text)
        .unwrap_or_else(|| panic!("{} has no {text}", file.path));
    file.text[..at].matches('\n').count() + 1
}

fn is_found(files: &[SeedFile], planted: &Planted, faults: &[SeedFault]) {
    let line = line_of(files, planted.file, planted.line_of);
    let fits = |fault: &&SeedFault| {
        fault.file == planted.file
            && fault.line == line
            && fault.entry == planted.entry
            && fault.message.contains(planted.message)
    };
    assert_eq!(
        faults.iter().filter(fits).count(),
        1,
        "{}:{line}: {}: {} is not among\n{}",
        planted.file,
        planted.entry,
        planted.message,
        lines(faults)
    );
}

const PLANTED: &[Planted] = &[
    Planted {
        file: "departments.toml",
        old: "11430500XY00000206",
        new: "11430500XY00000207",
        line_of: "11430500XY00000207",
        entry: "department 市发改委",
        message: "check character",
    },
    Planted {
        file: "departments.toml",
        old: "slug = \"industry\"",
        new: "slug = \"Industry\"",
        line_of: "\"Industry\"",
        entry: "department 市工信局",
        message: "is no id",
    },
    Planted {
        file: "departments.toml",
        old: "vertical = true",
        new: "verticle = true",
        line_of: "verticle",
        entry: "department 市税务局",
        message: "unknown key `verticle`",
    },
    Planted {
        file: "departments.toml",
        old: "short_names = [\"市商务局\"]",
        new: "short_names = [\"市教育局\"]",
        // The first stands in the changed line, so the second is the one that doubles it.
        line_of: "short_names = [\"市教育局\"]\nfull_name = \"邵阳市教育局\"",
        entry: "department 市教育局",
        message: "is defined twice, first in departments.toml:",
    },
    Planted {
        file: "departments.toml",
        old: "successor = \"市农业农村局\"",
        new: "successor = \"市农业局\"",
        line_of: "市农业局",
        entry: "department 市乡村振兴局",
        message: "no department or body `市农业局`",
    },
    Planted {
        file: "departments.toml",
        old: "valid_until = 2024-06-30",
        new: "valid_until = 2020-06-30",
        line_of: "2020-06-30",
        entry: "department 市乡村振兴局",
        message: "lies before",
    },
    Planted {
        file: "departments.toml",
        old: "competent = true\n",
        new: "",
        line_of: "#",
        entry: "",
        message: "exactly one department",
    },
    Planted {
        file: "departments.toml",
        old: "competent = true\nsource = \"邵放组办字〔2022〕7号 A1\"\nassumed = true\nsynthetic = true",
        new: "competent = true\nsource = \"邵放组办字〔2022〕7号 A1\"\nassumed = true",
        line_of: "11430500XY0000012B",
        entry: "department 市行政审批服务局",
        message: "mark the entry `synthetic = true`",
    },
    Planted {
        file: "bodies.toml",
        old: "region = \"430582\"",
        new: "region = \"430521\"",
        line_of: "430521",
        entry: "body shaodong",
        message: "no region 430521 is in force",
    },
    Planted {
        file: "bodies.toml",
        old: "shaoyang-etdz",
        new: "shaoyang-zone",
        line_of: "shaoyang-zone",
        entry: "body development-zone",
        message: "no local area `shaoyang-zone`",
    },
    Planted {
        file: "tasks-a.toml",
        old: "due = 2022-12-31",
        new: "due = \"2022-12-31\"",
        line_of: "due = \"2022-12-31\"",
        entry: "task A1, targets “一件事一次办”微信小程序累计用户占常住人口比例",
        message: "`due` must be a date",
    },
    Planted {
        file: "tasks-a.toml",
        old: "id = \"A7\"",
        new: "id = \"A8\"",
        line_of: "id = \"A8\"",
        entry: "task A8",
        message: "stands where `A7` belongs",
    },
    Planted {
        file: "plans/2022.toml",
        old: "[\"system.heartbeat.recent\"]",
        new: "[\"system.heartbeat\"]",
        line_of: "\"system.heartbeat\"",
        entry: "connected",
        message: "unknown fact `system.heartbeat`",
    },
    Planted {
        file: "plans/2022.toml",
        old: "Asia/Shanghai",
        new: "Asia/Shaoyang",
        line_of: "Asia/Shaoyang",
        entry: "plan",
        message: "Asia/Shaoyang",
    },
    Planted {
        file: "plans/2022.toml",
        old: "deadline = 2022-12-31",
        new: "deadline = 2022-02-30",
        line_of: "2022-02-30",
        entry: "",
        message: "day",
    },
    Planted {
        file: "code-lists.toml",
        old: "id = \"hosting\"",
        new: "id = \"hostings\"",
        line_of: "",
        entry: "",
        message: "the code list `hosting` is missing",
    },
    Planted {
        file: "certificate-types.toml",
        old: "type = \"D\"",
        new: "type = \"Q\"",
        line_of: "type = \"Q\"",
        entry: "common, items issued_date",
        message: "`Q` is not in the code list data_type",
    },
    Planted {
        file: "certificate-types.toml",
        old: "key = \"wife_name\"",
        new: "key = \"husband_name\"",
        line_of: "key = \"husband_name\", title = \"女方姓名\"",
        entry: "certificate_type 结婚证, items husband_name",
        message: "is defined twice",
    },
    Planted {
        file: "matters.toml",
        old: "[\"营业执照\"]",
        new: "[\"企业执照\"]",
        line_of: "企业执照",
        entry: "matter 个体工商户变更登记（夫妻间变更经营者，经营场所为自有住房）, requires 企业执照",
        message: "no certificate type `企业执照`",
    },
    Planted {
        file: "matters.toml",
        old: "department = \"市公安局\"",
        new: "department = \"市民政局\"",
        line_of: "code = \"11430500XY0000135C",
        entry: "matter 新生儿落户",
        message: "does not begin with the code of its department",
    },
    Planted {
        file: "systems.toml",
        old: "classified = false",
        new: "classified = true",
        line_of: "classified = true",
        entry: "system yjs-platform",
        message: "classified systems are not registered here",
    },
    Planted {
        file: "systems.toml",
        old: "self_built = true\n",
        new: "",
        line_of: "[[system]]\nid = \"yjs-platform\"",
        entry: "system yjs-platform",
        message: "`self_built` is missing",
    },
    Planted {
        file: "systems.toml",
        old: "tasks = [\"A33\"]",
        new: "tasks = [\"A38\"]",
        line_of: "A38",
        entry: "system hotline-12345",
        message: "no task `A38`",
    },
    Planted {
        file: "systems.toml",
        old: "issues = [\"营业执照\"]",
        new: "issues = [\"社会保障卡\"]",
        line_of: "issues = [\"社会保障卡\"]",
        entry: "system enterprise-registry",
        message: "is issued by another department than the owner",
    },
    Planted {
        file: "resources.toml",
        old: "system = \"yjs-platform\"",
        new: "system = \"no-platform\"",
        line_of: "no-platform",
        entry: "resource case-states",
        message: "no system `no-platform`",
    },
    Planted {
        file: "resources.toml",
        old: "\"registration_date\"",
        new: "\"registration_day\"",
        line_of: "registration_day",
        entry: "resource marriage-registrations",
        message: "the certificate type 结婚证 has no item `registration_day`",
    },
    Planted {
        file: "resources.toml",
        old: "share_type = \"conditional\"",
        new: "share_type = \"not_shared\"",
        line_of: "not_shared",
        entry: "resource marriage-registrations",
        message: "cites the law in `legal_basis`",
    },
    Planted {
        file: "resources.toml",
        old: "share_modes = [\"api\", \"table\"]",
        new: "share_modes = [\"api\", \"file\"]",
        line_of: "\"file\"",
        entry: "resource enterprise-registrations",
        message: "format `database` cannot be shared as `file`",
    },
    Planted {
        file: "resources.toml",
        old: "open = false",
        new: "open = true",
        line_of: "open = true",
        entry: "resource marriage-registrations",
        message: "sensitive item `holder_name`",
    },
    Planted {
        file: "resources.toml",
        old: "related = [\"105002/000001\"]",
        new: "related = [\"105009/000001\"]",
        line_of: "105009",
        entry: "resource marriage-registrations",
        message: "no resource `105009/000001`",
    },
    Planted {
        file: "regions.toml",
        old: "code = \"110000\"",
        new: "code = \"11000\"",
        line_of: "code = \"11000\"",
        entry: "",
        message: "region code",
    },
];

#[test]
fn finds_each_planted_fault_with_file_and_line() {
    for planted in PLANTED {
        let mut files = Seeds::embedded_files();
        plant(&mut files, planted);
        let faults = Seeds::parse(&files).expect_err(planted.message);
        if planted.line_of.is_empty() {
            let fits =
                |fault: &SeedFault| fault.line == 0 && fault.message.contains(planted.message);
            assert!(faults.iter().any(fits), "{}", lines(&faults));
        } else {
            is_found(&files, planted, &faults);
        }
    }
}

#[test]
fn lists_every_fault_of_a_folder_at_once() {
    let mut files = Seeds::embedded_files();
    // Without those that stop a file from being read at all, and those that replace the same text.
    let skipped = [
        "day",
        "the code list",
        "region code",
        "exactly one",
        "sensitive item",
        "`self_built`",
    ];
    let together: Vec<_> = PLANTED
        .iter()
        .filter(|planted| {
            skipped
                .iter()
                .all(|word| !planted.message.starts_with(word))
        })
        .collect();
    for planted in &together {
        plant(&mut files, planted);
    }
    let faults = Seeds::parse(&files).unwrap_err();
    for planted in &together {
        is_found(&files, planted, &faults);
    }
    assert!(faults.is_sorted(), "by file and line");
}

#[test]
fn a_file_that_is_not_toml_is_reported_without_the_references_to_it() {
    let mut files = Seeds::embedded_files();
    let departments = files
        .iter_mut()
        .find(|file| file.path == "departments.toml")
        .unwrap();
    departments.text.push_str("[[department]\n");
    let faults = Seeds::parse(&files).unwrap_err();
    assert!(
        faults.iter().all(|fault| fault.file == "departments.toml"),
        "{}",
        lines(&faults)
    );
    assert!(
        faults[0].to_string().starts_with("departments.toml:"),
        "{}",
        faults[0]
    );
}

#[test]
fn missing_unknown_and_doubled_files_are_named() {
    let mut files = Seeds::embedded_files();
    files.retain(|file| file.path != "matters.toml" && file.path != "plans/2022.toml");
    files.push(SeedFile {
        path: "system.toml".to_owned(),
        text: String::new(),
    });
    files.push(SeedFile {
        path: "README.md".to_owned(),
        text: "not TOML".to_owned(),
    });
    let twice = files[0].clone();
    files.push(twice);
    let faults: Vec<_> = Seeds::parse(&files)
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(faults.len(), 4, "{faults:?}");
    assert_eq!(faults[0], "bodies.toml: the file was given twice");
    assert_eq!(
        faults[1],
        "matters.toml: the file is missing from the folder"
    );
    assert!(
        faults[2].starts_with("plans/: the folder has no plan"),
        "{}",
        faults[2]
    );
    assert!(
        faults[3].starts_with("system.toml: no seed file has this name"),
        "{}",
        faults[3]
    );
}

#[test]
fn a_faulty_entry_causes_no_second_fault_where_it_is_used() {
    let mut files = Seeds::embedded_files();
    plant(&mut files, &PLANTED[0]);
    let faults = Seeds::parse(&files).unwrap_err();
    assert_eq!(faults.len(), 1, "{}", lines(&faults));
}

#[test]
fn nothing_panics_on_any_prefix_of_a_file() {
    let files = Seeds::embedded_files();
    for (index, file) in files.iter().enumerate() {
        let cuts = file.text.char_indices().map(|(at, _)| at).step_by(997);
        for cut in cuts {
            let mut changed = files.clone();
            changed[index].text.truncate(cut);
            // Only that it returns: some prefixes are whole files.
            let _ = Seeds::parse(&changed);
        }
    }
}
