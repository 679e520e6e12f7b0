//! The objects in which files lie. Their keys are made of UUIDs only, never of anything that came in.

use std::fmt;
use std::path::Path as Folder;
use std::sync::Arc;

use bytes::Bytes;
use domain::name::SystemName;
use domain::reason::Reason;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};

use crate::failure::Failure;
use crate::shares::{Share, Shares};

/// Transfers at once. Each holds about two parts, so all of them 1 GiB.
const TRANSFERS: usize = 64;

/// The objects, and who may use them now.
pub(crate) struct Vault {
    objects: Arc<dyn ObjectStore>,
    places: Arc<Shares>,
}

impl Vault {
    /// Opens a folder, which is made if need be.
    pub(crate) fn open(folder: &Folder) -> Result<Self, object_store::Error> {
        std::fs::create_dir_all(folder).map_err(|source| object_store::Error::Generic {
            store: "folder",
            source: Box::new(source),
        })?;
        // What is acknowledged must outlive a power cut: file and folder are flushed before `put`
        // returns, which the crate leaves off by default.
        let objects = LocalFileSystem::new_with_prefix(folder)?
            .with_fsync(true)
            .with_automatic_cleanup(true);
        Ok(Self {
            objects: Arc::new(objects),
            places: Shares::new(TRANSFERS),
        })
    }

    /// A place for a transfer, until it is dropped.
    pub(crate) fn place(&self, system: &SystemName) -> Result<Share, Failure> {
        let full = || Failure::new(Reason::Overloaded, "too many files are being transferred");
        self.places.take(system).ok_or_else(full)
    }

    /// Keeps an object; durable when this returns.
    pub(crate) async fn put(&self, key: &str, bytes: Bytes) -> Result<(), Failure> {
        let put = self.objects.put(&Path::from(key), bytes.into()).await;
        put.map(|_| ()).map_err(|error| failed("put", &error))
    }

    /// All bytes of an object.
    pub(crate) async fn get(&self, key: &str) -> Result<Bytes, Failure> {
        let path = Path::from(key);
        let got = async { self.objects.get(&path).await?.bytes().await };
        got.await.map_err(|error| failed("get", &error))
    }

    /// Some bytes of an object.
    pub(crate) async fn get_range(
        &self,
        key: &str,
        range: std::ops::Range<u64>,
    ) -> Result<Bytes, Failure> {
        let got = self.objects.get_range(&Path::from(key), range).await;
        got.map_err(|error| failed("get", &error))
    }

    /// Removes an object; one that is not there is removed already.
    pub(crate) async fn remove(&self, key: &str) -> Result<(), Failure> {
        remove(&*self.objects, &Path::from(key)).await
    }

    /// Removes all objects under a file's id, also those that no manifest names.
    pub(crate) async fn remove_all(&self, id: &str) -> Result<(), Failure> {
        let prefix = Path::from(id);
        let objects = &*self.objects;
        objects
            .list(Some(&prefix))
            .map_err(|error| failed("list", &error))
            .try_for_each_concurrent(8, |object| async move {
                remove(objects, &object.location).await
            })
            .await?;
        // Proof of removal: what can still be listed is not removed.
        match objects.list(Some(&prefix)).next().await {
            None => Ok(()),
            Some(_) => Err(Failure::new(
                Reason::Internal,
                "objects of the file are left",
            )),
        }
    }
}

async fn remove(objects: &dyn ObjectStore, path: &Path) -> Result<(), Failure> {
    match objects.delete(path).await {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(failed("delete", &error)),
    }
}

/// The keys are UUIDs, so the text of an error tells nothing of a file.
fn failed(step: &str, error: &object_store::Error) -> Failure {
    tracing::error!(step, %error, "the objects of files cannot be used");
    Failure::new(Reason::Internal, "the gateway's store of files failed")
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({})", self.objects)
    }
}
