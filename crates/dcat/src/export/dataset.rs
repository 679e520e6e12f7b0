//! One entry: its dataset, and a distribution for each way of sharing.

use api::catalogue::v1 as pb;
use jiff::Timestamp;
use oxrdf::{Literal, NamedNode};

use super::Draft;
use crate::codes;
use crate::vocabulary::{CSVW, DCAT, DCT, FOAF, IANA, RDFS, XSD, term};

impl Draft<'_> {
    /// The dataset of what is public of an entry. The entry's document is its landing page; dataset, distributions,
    /// schema and columns are parts of it.
    pub(super) fn dataset(&mut self, entry: &pb::Resource) {
        let node = self.site.part(&entry.name, "dataset");
        let catalogue = self.catalogue_node();
        self.add(&catalogue, term(DCAT, "dataset"), node.clone());
        self.class(&node, DCAT, "Dataset");
        self.chinese(&node, term(DCT, "title"), &entry.title);
        self.chinese(&node, term(DCT, "description"), &entry.summary);
        let code = entry.name.strip_prefix("resources/").unwrap_or(&entry.name);
        self.plain(&node, term(DCT, "identifier"), &code.replacen('-', "/", 1));
        let page = self.page(entry);
        self.add(&node, term(DCAT, "landingPage"), page);
        if !entry.department.is_empty() {
            let publisher = self.agent(&entry.department);
            self.add(&node, term(DCT, "publisher"), publisher);
            self.area(&node, &entry.department);
        }
        let public = self.listed("access-right", "PUBLIC", "RightsStatement");
        self.add(&node, term(DCT, "accessRights"), public);
        if let Some(code) = codes::frequency(entry.update_cycle) {
            let frequency = self.listed("frequency", code, "Frequency");
            self.add(&node, term(DCT, "accrualPeriodicity"), frequency);
        }
        if !entry.data_class.is_empty() {
            let theme = self.theme(&entry.data_class);
            self.add(&node, term(DCAT, "theme"), theme);
        }
        for related in &entry.related_resources {
            let related = self.site.part(related, "dataset");
            self.resource(&related);
            self.add(&node, term(DCT, "relation"), related);
        }
        self.published(&node, entry);
        self.own_words(&node, entry);
        let schema = self.columns(entry);
        if let Some(schema) = &schema {
            self.add(&node, term(DCT, "conformsTo"), schema.clone());
        }
        for mode in entry.share_modes() {
            let distribution = self.distribution(entry, mode, schema.as_ref());
            self.add(&node, term(DCAT, "distribution"), distribution);
        }
    }

    fn page(&mut self, entry: &pb::Resource) -> NamedNode {
        let page = self.site.document(&entry.name);
        self.class(&page, FOAF, "Document");
        self.resource(&page);
        page
    }

    /// Everything is a resource; official shapes want to be told, since they conclude nothing.
    fn resource(&mut self, node: &NamedNode) {
        self.class(node, RDFS, "Resource");
    }

    /// Version and time. The catalogue keeps when the present version was published; that is when the entry was
    /// issued only for the first.
    fn published(&mut self, node: &NamedNode, entry: &pb::Resource) {
        if entry.version > 0 {
            self.plain(node, term(DCAT, "version"), &entry.version.to_string());
        }
        let time = entry.publish_time.as_ref();
        let time = time.and_then(|time| Timestamp::new(time.seconds, time.nanos).ok());
        if let Some(time) = time {
            self.moment(node, term(DCT, "modified"), time);
            if entry.version == 1 {
                self.moment(node, term(DCT, "issued"), time);
            }
        }
    }

    /// What DCAT has no word for.
    fn own_words(&mut self, node: &NamedNode, entry: &pb::Resource) {
        let word = |name: &'static str, prefix: &str| {
            let word = name
                .strip_prefix(prefix)
                .filter(|word| *word != "UNSPECIFIED");
            word.unwrap_or_default().to_ascii_lowercase()
        };
        let share_type = word(entry.share_type().as_str_name(), "SHARE_TYPE_");
        let basis = word(entry.basis().as_str_name(), "BASIS_");
        for (local, text) in [
            ("shareType", &share_type),
            ("shareCondition", &entry.share_condition),
            ("shareScope", &entry.share_scope),
            ("sharePurpose", &entry.share_purpose),
            ("basis", &basis),
            ("formatType", &entry.format_type),
            ("dataLevel", &entry.data_level),
            ("certificateType", &entry.certificate_type),
            ("innerDepartment", &entry.inner_department),
            ("openCondition", &entry.open_condition),
        ] {
            self.own_text(node, local, text);
        }
        self.own_number(node, "formatClass", entry.format_class.into());
        self.own_number(node, "dataGrade", entry.data_grade.into());
        let Some(volume) = &entry.volume else {
            return;
        };
        self.own_number(node, "storedRecords", volume.stored_records);
        self.own_number(node, "sharedRecords", volume.shared_records);
        self.own_number(node, "openRecords", volume.open_records);
        for (local, size) in [
            ("storedGigabytes", volume.stored_gigabytes),
            ("sharedGigabytes", volume.shared_gigabytes),
            ("openGigabytes", volume.open_gigabytes),
        ] {
            if size.is_finite() && size != 0.0 {
                let literal = Literal::new_typed_literal(size.to_string(), term(XSD, "double"));
                self.add(node, self.site.own(local), literal);
            }
        }
    }

    fn distribution(
        &mut self,
        entry: &pb::Resource,
        mode: pb::ShareMode,
        schema: Option<&NamedNode>,
    ) -> NamedNode {
        let (word, title) = match mode {
            pb::ShareMode::Table => ("table", "库表"),
            pb::ShareMode::File => ("file", "文件"),
            pb::ShareMode::Api => ("api", "接口"),
            pb::ShareMode::Mail => ("mail", "邮件"),
            pb::ShareMode::Medium => ("medium", "介质"),
            // A mode of a later version of the contract: said to be shared, without the way.
            pb::ShareMode::Unspecified => ("other", "其他"),
        };
        let node = self.site.part(&entry.name, word);
        self.class(&node, DCAT, "Distribution");
        self.chinese(
            &node,
            term(DCT, "title"),
            &format!("{}（{title}）", entry.title),
        );
        let page = self.page(entry);
        self.add(&node, term(DCAT, "accessURL"), page);
        self.own_text(&node, "shareMode", word);
        if mode == pb::ShareMode::Api
            && let Some(endpoint) = self.site.endpoint.clone()
        {
            let service = self.service(endpoint);
            let dataset = self.site.part(&entry.name, "dataset");
            self.add(&service, term(DCAT, "servesDataset"), dataset);
            self.add(&node, term(DCAT, "accessService"), service);
        }
        if let Some(schema) = schema {
            self.add(&node, term(CSVW, "tableSchema"), schema.clone());
        }
        if let Some(license) = self.site.license.clone() {
            self.add(&node, term(DCT, "license"), license);
        }
        self.format(&node, &entry.format_type);
        self.rights(&node, entry);
        node
    }

    fn format(&mut self, node: &NamedNode, kind: &str) {
        let format = codes::format_of(kind);
        if let Some(code) = format.and_then(|format| format.file_type) {
            let file_type = self.listed("file-type", code, "MediaTypeOrExtent");
            self.add(node, term(DCT, "format"), file_type);
        }
        if let Some(name) = format.and_then(|format| format.media_type) {
            let media_type = term(IANA, name);
            self.class(&media_type, DCT, "MediaType");
            self.add(node, term(DCAT, "mediaType"), media_type);
        }
    }

    /// The condition on which it is open.
    fn rights(&mut self, node: &NamedNode, entry: &pb::Resource) {
        if entry.open_condition.is_empty() {
            return;
        }
        let rights = self.site.part(&entry.name, "rights");
        self.class(&rights, DCT, "RightsStatement");
        self.chinese(&rights, term(RDFS, "label"), &entry.open_condition);
        self.add(node, term(DCT, "rights"), rights);
    }

    /// The gateway: the one service of all entries in API mode.
    fn service(&mut self, endpoint: NamedNode) -> NamedNode {
        let node = self.site.part("catalogue", "gateway");
        self.class(&node, DCAT, "DataService");
        self.chinese(&node, term(DCT, "title"), "数据共享网关");
        if endpoint.as_str().ends_with('/') {
            // Every gateway serves the OpenAPI document of its HTTP/JSON surface there.
            let document = term(endpoint.as_str(), "openapi.json");
            self.resource(&document);
            self.add(&node, term(DCAT, "endpointDescription"), document);
        }
        self.resource(&endpoint);
        self.add(&node, term(DCAT, "endpointURL"), endpoint);
        let publisher = self.agent(&self.site.publisher);
        self.add(&node, term(DCT, "publisher"), publisher);
        let catalogue = self.catalogue_node();
        self.add(&catalogue, term(DCAT, "service"), node.clone());
        node
    }
}
