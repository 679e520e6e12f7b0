use super::*;
use crate::id::CitizenId;
use crate::test_world::{endpoint, marriages};

fn codes(change: impl FnOnce(&mut Resource), given: &[Sample]) -> Vec<String> {
    let mut resource = marriages("105001-000001");
    resource.certificate_type = None;
    resource.share_modes = vec![ShareMode::Table];
    change(&mut resource);
    let endpoint = endpoint("marriage-registry.main");
    let found = examination(&endpoint, &[Arc::new(resource)], |_| None, given);
    let faults = found.err().unwrap_or_default();
    let told = faults.as_slice().iter();
    told.map(|fault| format!("{} {}", fault.field, fault.code))
        .collect()
}

#[test]
fn a_table_about_people_is_asked_for_the_rows_of_a_sample_only() {
    let plain = |resource: &mut Resource| {
        for item in &mut resource.items {
            (item.personal, item.sensitive) = (false, false);
        }
    };
    assert_eq!(codes(plain, &[]), Vec::<String>::new());
    let personal = |resource: &mut Resource| resource.items[0].personal = true;
    let lacking = ["samples.holder REQUIRED", "samples.holder_item REQUIRED"];
    assert_eq!(codes(personal, &[]), lacking);
    let mut sample = Sample {
        resource: ResourceName::from_id("105001-000001").unwrap(),
        holder: CitizenId::parse_text("430502190102030017")
            .ok()
            .map(Subject::Citizen),
        absent_holder: None,
        holder_item: None,
        calls: Vec::new(),
    };
    let lacking = ["samples[0].holder_item REQUIRED"];
    assert_eq!(codes(personal, std::slice::from_ref(&sample)), lacking);
    let text = marriages("105001-000001").items;
    let text = text
        .iter()
        .find(|item| item.data_type == DataType::C)
        .unwrap();
    sample.holder_item = Some(text.key.clone());
    assert_eq!(codes(personal, &[sample]), Vec::<String>::new());
    // What is still being written is not asked for.
    let draft = |resource: &mut Resource| {
        personal(resource);
        resource.state = ResourceState::Draft;
    };
    assert_eq!(codes(draft, &[]), Vec::<String>::new());
}

#[test]
fn a_method_that_may_have_an_effect_is_named_where_no_sample_lets_it_be_called() {
    use crate::test_world::{api, insurance, insured_items};
    let mut resource = marriages("105001-000001");
    resource.certificate_type = None;
    resource.share_modes = vec![ShareMode::Api];
    resource.items = insured_items();
    // `List` is declared free of effects; without it the entry has no method that a run may call by itself.
    let mut own = api();
    own.operations.truncate(1);
    resource.api = Some(own);
    let interface = Arc::new(Interface {
        name: InterfaceId::from_id("marriage-registry.v1").unwrap(),
        system: resource.system.clone(),
        descriptors: insurance(),
        reflected_from: None,
        document_path: None,
    });
    let endpoint = endpoint("marriage-registry.main");
    let offered = [Arc::new(resource)];
    let known = |_: &InterfaceId| Some(Arc::clone(&interface));
    let asked = examination(&endpoint, &offered, known, &[]).unwrap();
    assert!(asked.exams.is_empty());
    let [untried] = asked.untried.as_slice() else {
        panic!("one method is untried")
    };
    assert_eq!(untried.method.as_str(), "/t.Insurance/Get");
    let question = SampleQuestion {
        json: vec!["{}".to_owned()],
        path: String::new(),
    };
    let sample = Sample {
        resource: offered[0].name.clone(),
        holder: None,
        absent_holder: None,
        holder_item: None,
        calls: vec![SampleCall {
            method: "/t.Insurance/Get".to_owned(),
            found: question,
            absent: SampleQuestion::default(),
        }],
    };
    let asked = examination(&endpoint, &offered, known, &[sample]).unwrap();
    assert_eq!((asked.exams.len(), asked.untried.len()), (1, 0));
}
